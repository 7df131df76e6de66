// The names that objects of options may have: any other name is refused, with the name that was probably
// meant.

import { argumentTypeError } from '../errors/errors.js';

/** The names of the options that are T. */
export interface OptionNames<T extends object> {
  /** The name of the function or class that takes the options, for messages. */
  readonly owner: string;
  readonly names: Readonly<Record<keyof T, true>>;
}

/** The compiler refuses a table that lacks a name of T, or has another one. */
export function optionNames<T extends object>(
  owner: string,
  names: Record<keyof T, true>,
): OptionNames<T> {
  // Names of Object.prototype are not options.
  return { owner, names: Object.assign(Object.create(null), names) };
}

/** Throws a TypeError for a name that is not an option, unless its value is undefined. */
export function checkNames<T extends object>(options: T, { owner, names }: OptionNames<T>): void {
  for (const name in options) {
    if (name in names || !Object.hasOwn(options, name) || options[name] === undefined) continue;
    const all = Object.keys(names);
    const meant = closestOf(name, all);
    const advice = meant === undefined ? optionsAre(all) : `Did you mean ${meant}?`;
    throw argumentTypeError(`${shown(name)} is no option of ${owner}. ${advice}`);
  }
}

function optionsAre(all: readonly string[]): string {
  return all.length === 1 ? `Its only option is ${all[0]}.` : `Its options are ${all.join(', ')}.`;
}

function shown(name: string): string {
  return /^[\w$]{1,60}$/.test(name) ? name : JSON.stringify(name.slice(0, 60));
}

/**
 * The only name with this beginning, or the one that differs the least, regardless of the case of letters.
 */
function closestOf(name: string, candidates: readonly string[]): string | undefined {
  // A long name is not a typing error, and would take long to compare.
  if (name.length > 60) return undefined;
  const begun = candidates.filter((each) => each.toLowerCase().startsWith(name.toLowerCase()));
  if (name.length > 2 && begun.length === 1) return begun[0];
  const most = Math.ceil(name.length / 3);
  let closest: { name: string; distance: number } | undefined;
  for (const candidate of candidates) {
    const distance = distanceOf(name.toLowerCase(), candidate.toLowerCase());
    if (distance <= most && distance < (closest?.distance ?? Number.POSITIVE_INFINITY)) {
      closest = { name: candidate, distance };
    }
  }
  return closest?.name;
}

/** The number of characters that must be inserted, deleted or replaced to make one text of the other. */
function distanceOf(from: string, to: string): number {
  let above = Array.from({ length: to.length + 1 }, (_, i) => i);
  for (let i = 1; i <= from.length; i++) {
    const row = [i];
    for (let j = 1; j <= to.length; j++) {
      const replaced = above[j - 1]! + (from[i - 1] === to[j - 1] ? 0 : 1);
      row.push(Math.min(replaced, above[j]! + 1, row[j - 1]! + 1));
    }
    above = row;
  }
  return above[to.length]!;
}
