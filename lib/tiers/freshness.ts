// Whether the time to live of a record has ended, by the clock of the cache that reads it. A record has only
// the time of its end.

import type { CacheClock } from '../arena/cache-clock.js';

export class Freshness {
  readonly #clock: CacheClock;
  /** The longest time to live that this cache has given to a record, ms. */
  #longestTtl: number;
  #latest = Number.NEGATIVE_INFINITY;

  constructor(clock: CacheClock, ttlMs: number) {
    this.#clock = clock;
    this.#longestTtl = ttlMs;
  }

  /** The end of the time to live of a record that is made now. */
  endOf(ttlMs: number): number {
    this.#longestTtl = Math.max(this.#longestTtl, ttlMs);
    return this.now() + ttlMs;
  }

  /** ms since the epoch. */
  now(): number {
    const now = this.#clock.now();
    this.#latest = Math.max(this.#latest, now);
    return now;
  }

  /** Whether a record with this end has time left at `now`, which MUST come from now(). */
  isLeft(end: number, now: number): boolean {
    if (end <= now) return false;
    // While the clock is behind an earlier reading, the time left may be more than the whole time to live.
    // Otherwise another cache gave the record more time than this one does.
    return now >= this.#latest || end - now <= this.#longestTtl;
  }
}
