// Which of its two bounds, entries or bytes, a memory tier comes to first.

/** What evicts from a memory tier that is full. */
export type MemoryBound = 'entries' | 'bytes';

/** Of the statistics of a store. */
interface Held {
  entries: number;
  heldBytes: number;
  budgetBytes: number;
  evictions: number;
  pressureEvictions: number;
}

export class MemoryBounds {
  readonly #maxEntries: number;
  /** Evictions seen so far, but those of pressure. */
  #seen = 0;
  #byEntries = 0;

  /** Undefined where bytes alone are the bound. */
  constructor(maxEntries: number | undefined) {
    this.#maxEntries = maxEntries ?? Number.POSITIVE_INFINITY;
  }

  /** The bound that is nearer. */
  nearer({ entries, heldBytes, budgetBytes }: Held): MemoryBound {
    return entries / this.#maxEntries >= heldBytes / budgetBytes ? 'entries' : 'bytes';
  }

  /**
   * Evictions for the number of entries, about: those since the last call count for the bound that is
   * nearer now, because the store does not tell them apart.
   */
  evictionsByEntries(memory: Held): number {
    const evictions = memory.evictions - memory.pressureEvictions;
    if (this.nearer(memory) === 'entries') this.#byEntries += evictions - this.#seen;
    this.#seen = evictions;
    return this.#byEntries;
  }
}
