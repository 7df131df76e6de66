// What is evicted from disk: CLOCK, an approximation of LRU that writes nothing for a hit. A hand goes over
// the entries in the order in which they were put. One that was used since the hand last passed it stays
// where it is; any other one goes. (Corbato, A paging experiment with the Multics system, 1968.)

import { expiryOf, keyOf } from '../entry.js';
import type { Batch, DiskDatabase } from './disk-database.js';

/** Share of the budget that entries may fill: the rest is for pages that are freed and not yet used. */
const FULL_SHARE = 0.9;
/** What may be filled of a file that has grown beyond its budget. */
const LEAST_SHARE = 0.75;
/** How often it is looked for readers that were killed, ms: what they had in view is not used again. */
const DEAD_READERS_MS = 250;
/** Entries that one step of the hand looks at. */
const STEP_ENTRIES = 64;
/** Steps in which used entries may stay, before all of them go: a batch must not take long. */
const PATIENT_STEPS = 2;
const MOST_STEPS = 8;
/** LMDB's header of an overflow page, and of a node, with its key and the slack of a page. */
const PAGE_BYTES = 4096;
const PAGE_HEADER_BYTES = 24;
const NODE_BYTES = 48;
/** Values above it get pages of their own. */
const INLINE_BYTES = 2000;

export interface Eviction {
  evicted: Batch['evicted'];
  expired: number;
}

export class DiskClock {
  #hand: Buffer | undefined;
  readonly #maxBytes: number;
  #lookedForDeadAt = 0;
  /** Whether the key was used since this was last asked for it. */
  readonly #wasUsed: (key: Buffer) => boolean;

  constructor(maxBytes: number, wasUsed: (key: Buffer) => boolean) {
    this.#maxBytes = maxBytes;
    this.#wasUsed = wasUsed;
  }

  /** What has to go for so many bytes of entries to come in. */
  makeRoom(database: DiskDatabase, incoming: number): Eviction {
    const { usedBytes, fileBytes } = database.size();
    const overgrown = Math.max(0, fileBytes - this.#maxBytes);
    if (overgrown > 0) this.#forgetDeadReaders(database);
    // One that has grown too large grows no more where more of it is free; smaller it does not become.
    const full = Math.max(this.#maxBytes * FULL_SHARE - overgrown, this.#maxBytes * LEAST_SHARE);
    let excess = usedBytes + incoming - full;
    const evicted: { key: Buffer | undefined; sequence: Buffer }[] = [];
    let expired = 0;
    const now = Date.now();
    for (let step = 0; excess > 0 && step < MOST_STEPS; step++) {
      const placed = database.placedFrom(this.#hand, STEP_ENTRIES);
      for (const { sequence, entry } of placed) {
        this.#hand = Buffer.concat([sequence, Buffer.alloc(1)]);
        const key = keyOf(entry);
        const isExpired = expiryOf(entry) <= now;
        const stays = key !== undefined && !isExpired && step < PATIENT_STEPS && this.#wasUsed(key);
        if (stays) continue;
        if (isExpired) expired++;
        evicted.push({ key, sequence });
        excess -= footprint(entry.length);
        if (excess <= 0) break;
      }
      if (placed.length < STEP_ENTRIES) {
        // Past the newest entry, the oldest is next; nothing is gained by going round twice at once.
        const wentRound = this.#hand === undefined;
        this.#hand = undefined;
        if (wentRound || placed.length === 0) break;
      }
    }
    return { evicted, expired };
  }

  #forgetDeadReaders(database: DiskDatabase): void {
    const now = performance.now();
    if (now - this.#lookedForDeadAt < DEAD_READERS_MS) return;
    this.#lookedForDeadAt = now;
    database.forgetDeadReaders();
  }
}

/** Bytes of pages that an entry of so many bytes takes, about. */
export function footprint(entryBytes: number): number {
  if (entryBytes <= INLINE_BYTES) return entryBytes + NODE_BYTES;
  return Math.ceil((entryBytes + PAGE_HEADER_BYTES) / PAGE_BYTES) * PAGE_BYTES + NODE_BYTES;
}
