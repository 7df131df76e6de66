// Checks arguments and options: each check throws a TypeError or RangeError that names the faulty argument
// and its accepted values.

import { argumentRangeError, argumentTypeError } from '../errors/errors.js';
import { checkNames, type OptionNames } from './option-names.js';

/** Returns a number in range, both ends included. */
export function checkNumber(
  name: string,
  value: unknown,
  least: number,
  most: number,
  unit = '',
): number {
  const range = `from ${least} to ${most}${unit === '' ? '' : ` ${unit}`}`;
  if (typeof value !== 'number') {
    throw argumentTypeError(`${name} must be a number ${range}; it is ${show(value)}.`);
  }
  if (!(value >= least && value <= most)) {
    throw argumentRangeError(`${name} must be ${range}; it is ${value}.`);
  }
  return value;
}

/** Returns an object of options that has only these names; an empty one if it is undefined. */
export function checkOptions<T extends object>(
  options: T | undefined,
  names: OptionNames<T>,
): Partial<T> {
  if (options === undefined) return {};
  if (typeof options !== 'object' || options === null || Array.isArray(options)) {
    throw argumentTypeError(`The options must be an object; they are ${show(options)}.`);
  }
  checkNames(options, names);
  return options;
}

/** Leaves out the options that are undefined. */
export function definedOf<T extends object>(options: T): T {
  return Object.fromEntries(
    Object.entries(options).filter(([, value]) => value !== undefined),
  ) as T;
}

export function checkBoolean(name: string, value: unknown): boolean {
  if (typeof value === 'boolean') return value;
  throw argumentTypeError(`${name} must be true or false.`);
}

export function checkFunction(name: string, value: unknown): void {
  if (typeof value === 'function') return;
  throw argumentTypeError(`${name} must be a function; it is ${show(value)}.`);
}

/** Throws for a value without a synchronous iterator. `example` names a value that has one. */
export function checkIterable(name: string, value: unknown, example: string): void {
  if (typeof value === 'object' && value !== null && Symbol.iterator in value) return;
  throw argumentTypeError(`${name} must be iterable, as ${example} is; it is ${show(value)}.`);
}

export function checkSignal(signal: unknown): void {
  if (signal === undefined || signal instanceof AbortSignal) return;
  throw argumentTypeError(`signal must be an AbortSignal; it is ${show(signal)}.`);
}

/** Formats a value for a message, never with its whole content. */
export function show(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'an array';
  return typeof value === 'string' ? `'${value.slice(0, 40)}'` : typeof value;
}
