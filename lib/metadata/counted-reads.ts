// Reads of records in memory and on disk, which count their hits and misses.

import type { PlainPath } from '../files/file-path.js';
import type { Metadata } from '../tiers/metadata.js';
import type { RecordDecoder } from '../tiers/record.js';
import type { KnownTiers } from './known-tiers.js';
import type { Found, RecordTiers } from './record-tiers.js';

export class CountedReads {
  readonly #tiers: RecordTiers;
  readonly #known: KnownTiers;

  /** `known` learns the tiers of records that are found on disk. */
  constructor(tiers: RecordTiers, known: KnownTiers) {
    this.#tiers = tiers;
    this.#known = known;
  }

  /** The fresh record of the file, as `decode` gives it. It counts a hit or a miss. */
  get<T>(path: PlainPath, tier: string, decode: RecordDecoder<T>): T | undefined {
    const found = this.#tiers.find(path, tier, decode);
    if (found.metadata === undefined || found.isStale) {
      this.#tiers.counters.misses++;
      return undefined;
    }
    this.#countHit(found.source, tier);
    return found.metadata;
  }

  /** The record of the file, if only a stale one. It counts a hit, and leaves a miss to the caller. */
  find(path: PlainPath, tier: string): Found<Metadata> {
    const found = this.#tiers.find(path, tier, this.#tiers.local.whole);
    if (found.metadata !== undefined) this.#countHit(found.source, tier);
    return found;
  }

  #countHit(source: Found['source'], tier: string): void {
    // Other caches may have put records of other tiers on the disk.
    if (source === 'disk') this.#known.note(tier);
    this.#tiers.counters[source === 'disk' ? 'diskHits' : 'memoryHits']++;
  }
}
