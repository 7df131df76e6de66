import { argumentRangeError } from '../errors/errors.js';

/** The bound exists because the list of tiers is outside the cache's budget. */
const MAX_TIERS = 64;

/** The tiers of the records in memory: always the default one, and others up to a bound. */
export class KnownTiers {
  readonly #default: string;
  readonly #others = new Set<string>();

  constructor(defaultTier: string) {
    this.#default = defaultTier;
  }

  /** Throws a RangeError when the bound is exceeded. */
  add(tier: string): void {
    if (tier === this.#default || this.#others.has(tier)) return;
    if (this.#others.size === MAX_TIERS) {
      throw argumentRangeError(
        `There are records of ${MAX_TIERS} tiers already. Use fewer tiers, or clearAll first.`,
      );
    }
    this.#others.add(tier);
  }

  /** Adds the tier of a record that exists already; it ignores a tier beyond the bound. */
  note(tier: string): void {
    if (tier !== this.#default && this.#others.size < MAX_TIERS) this.#others.add(tier);
  }

  *[Symbol.iterator](): IterableIterator<string> {
    yield this.#default;
    yield* this.#others;
  }

  clear(): void {
    this.#others.clear();
  }
}
