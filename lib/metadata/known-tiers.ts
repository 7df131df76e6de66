import { argumentRangeError } from '../errors/errors.js';

/** The cache keeps a list of them, outside its budget. */
const MAX_TIERS = 64;

/** The tiers that records in memory may be of: the default one always, and others up to a bound. */
export class KnownTiers {
  readonly #default: string;
  readonly #others = new Set<string>();

  constructor(defaultTier: string) {
    this.#default = defaultTier;
  }

  /** Throws a RangeError for one too many. */
  add(tier: string): void {
    if (tier === this.#default || this.#others.has(tier)) return;
    if (this.#others.size === MAX_TIERS) {
      throw argumentRangeError(
        `There are records of ${MAX_TIERS} tiers already. Use fewer tiers, or clearAll first.`,
      );
    }
    this.#others.add(tier);
  }

  /** Adds the tier of a record that is there already; ignores one too many. */
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
