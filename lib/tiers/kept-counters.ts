// The counters that a cache of metadata adds to those in the file of its disk tier, for readers outside the
// process.

import { forgetSaveAtExit, saveAtExit } from '../arena/exit-flush.js';
import type { NativeStore } from '../native/store.js';
import { inRootContext } from '../process/root-context.js';

/** The names are in the order of the file; new ones come at the end. The file has room for 16. */
const NAMES = [
  'memoryHits',
  'diskHits',
  'remoteHits',
  'misses',
  'cacheWrites',
  'cacheInvalidations',
  'errors',
  'evictions',
  'evictionsByEntries',
] as const;

export type KeptCounts = Record<(typeof NAMES)[number], number>;

const SAVE_EVERY_MS = 2000;

export class KeptCounters {
  readonly #store: NativeStore;
  readonly #counts: () => KeptCounts;
  readonly #timer: NodeJS.Timeout;
  readonly #save = () => this.save();
  #saved: number[] = NAMES.map(() => 0);

  /** `counts` is called repeatedly for the current counters of the cache. */
  constructor(store: NativeStore, counts: () => KeptCounts) {
    this.#store = store;
    this.#counts = counts;
    this.#timer = inRootContext(() => setInterval(this.#save, SAVE_EVERY_MS).unref());
    saveAtExit(this.#save);
  }

  /**
   * Adds what was counted since the previous call; it is written with the next batch, at most a second later.
   */
  save(): void {
    const counts = this.#counts();
    const now = NAMES.map((name) => counts[name]);
    const deltas = now.map((count, i) => count - this.#saved[i]!);
    if (deltas.every((delta) => delta === 0)) return;
    this.#store.addToDiskCounters(deltas);
    this.#saved = now;
  }

  /** Saves for the last time. */
  close(): void {
    clearInterval(this.#timer);
    forgetSaveAtExit(this.#save);
    this.save();
  }
}

/** The counters by name, as far as the file has them. */
export function namedCounts(counters: readonly number[]): KeptCounts {
  return Object.fromEntries(NAMES.map((name, i) => [name, counters[i] ?? 0])) as KeptCounts;
}
