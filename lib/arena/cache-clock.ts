// Where time to live and freshness take the time from: the clock that a cache was given, or Date.now, also
// while a test has replaced that.

import { checkFunction } from '../checks/arguments.js';
import { warn } from '../process/warnings.js';

const { toString: sourceOf } = Function.prototype;

/** Whether it is the engine's own Date.now: those of fake timers are functions of JavaScript. */
function isBuiltIn(now: () => number): boolean {
  try {
    return sourceOf.call(now) === 'function now() { [native code] }';
  } catch {
    return false;
  }
}

/** Constants, which the engine knows while it compiles: this is asked with each call of a cache. */
const loaded = Date.now;
const loadedIsBuiltIn = isBuiltIn(loaded);

/** What replaced it last, or was there before fake timers that this module was loaded under. */
let other = loaded;
let otherIsBuiltIn = loadedIsBuiltIn;

/** The time where a reading cannot be used. */
const systemNow = loadedIsBuiltIn ? loaded : () => performance.timeOrigin + performance.now();

/** Whether Date.now tells the system's time, and nothing has replaced it. */
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

/** Where a cache takes the time from, ms since the epoch, in place of Date.now. */
export type Clock = () => number;

/**
 * Reading it never throws. Where the clock throws, or gives what is no finite number, the time is what it
 * gave last, or before that the system's; a warning of the process says so once.
 */
export class CacheClock {
  readonly #source: Clock | undefined;
  #last: number | undefined;
  #hasWarned = false;

  /** Throws a TypeError for what is no function. */
  constructor(source: Clock | undefined) {
    if (source !== undefined) checkFunction('clock', source);
    this.#source = source;
  }

  /** Whether it shows the system's time, as native stores do by themselves. */
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
      // It is told below.
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
