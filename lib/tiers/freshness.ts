// Whether the time to live of a record has ended, by the clock of the cache that reads it. A record says only
// when it ends.

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

  /** When a record ends that is made now. */
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

  /** Whether a record that ends then has time left at `now`, which now() gave. */
  isLeft(end: number, now: number): boolean {
    if (end <= now) return false;
    // While the clock is behind where it was, what would be left may be more than the whole time to live.
    // Otherwise another cache gave the record more time than this one does.
    return now >= this.#latest || end - now <= this.#longestTtl;
  }
}
