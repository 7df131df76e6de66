// The clock of time to live and freshness: the one that a cache was given, or Date.now, even while a test has
// replaced it.

import { checkFunction } from '../checks/arguments.js';
import { warn } from '../process/warnings.js';

const { toString: sourceOf } = Function.prototype;

/** Whether it is the engine's own Date.now: those of fake timers are functions written in JavaScript. */
function isBuiltIn(now: () => number): boolean {
  try {
    return sourceOf.call(now) === 'function now() { [native code] }';
  } catch {
    return false;
  }
}

/** The engine treats these constants as known when it compiles, because each call of a cache reads them. */
const loaded = Date.now;
const loadedIsBuiltIn = isBuiltIn(loaded);

/**
 * The latest replacement of Date.now, or the original that fake timers had replaced when this module was
 * loaded.
 */
let other = loaded;
let otherIsBuiltIn = loadedIsBuiltIn;

/** The time where a reading cannot be used. */
const systemNow = loadedIsBuiltIn ? loaded : () => performance.timeOrigin + performance.now();

/** Whether Date.now is the system's time, and was not replaced. */
export function isSystemTime(): boolean {
  return Date.now === loaded ? loadedIsBuiltIn : isBuiltInOther();
}

function isBuiltInOther(): boolean {
  if (Date.now !== other) {
    other = Date.now;
    otherIsBuiltIn = isBuiltIn(other);
  }
  return otherIsBuiltIn;
}

/** A clock that a cache uses in place of Date.now, ms since the epoch. */
export type Clock = () => number;

/**
 * Reading this clock never throws. Where its source throws, or returns anything but a finite number, the time
 * is its previous one, or before that the system's; a process warning reports that once.
 */
export class CacheClock {
  readonly #source: Clock | undefined;
  #last: number | undefined;
  #hasWarned = false;

  /** Throws a TypeError for what is not a function. */
  constructor(source: Clock | undefined) {
    if (source !== undefined) checkFunction('clock', source);
    this.#source = source;
  }

  /** Whether it is the system's time, which native stores follow by themselves. */
  get isSystemTime(): boolean {
    return this.#source === undefined && isSystemTime();
  }

  /** ms since the epoch. */
  now(): number {
    if (this.isSystemTime) return Date.now();
    try {
      const time: unknown = this.#source === undefined ? Date.now() : this.#source();
      if (Number.isFinite(time)) {
        this.#last = time as number;
        return this.#last;
      }
    } catch {
      // The failure is reported below.
    }
    this.#warn();
    return this.#last ?? systemNow();
  }

  #warn(): void {
    if (this.#hasWarned) return;
    this.#hasWarned = true;
    const name = this.#source === undefined ? 'Date.now' : 'The clock of a cache';
    warn(
      'EBBCACHE_CLOCK',
      `${name} threw, or gave what is no finite number. The time that it gave last counts, or before that ` +
        "the system's. Have it give ms since the epoch.",
    );
  }
}
