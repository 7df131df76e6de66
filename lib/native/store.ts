// The types of a store in the addon.

import type { NativeDiskEvent, NativeDiskOptions, NativeDiskStats } from './disk.js';
import type { NativeStoreStats } from './store-stats.js';

export interface NativeStoreOptions {
  maxBytes: number;
  /** 0 for no bound. */
  maxEntries: number;
  policy: 'lru' | 's3fifo';
  /** ms; 0 for none. */
  ttl: number;
  /** Empty for a store of its own. */
  name: string;
  /** Whether the disk tier's folder is part of the name. */
  namedByFolder?: boolean;
  ebb: boolean;
  minBytes: number;
  disk: NativeDiskOptions | undefined;
  adopts?: AdoptedSizes | undefined;
}

/** Sizes that nobody has asked for: where the name is open already, they are as the store has them. */
export interface AdoptedSizes {
  maxBytes: boolean;
  maxEntries: boolean;
  diskBytes: boolean;
}

/** An open store. All methods throw once it is closed, but close itself. */
export interface NativeStore {
  /** What the functions on entries know it by, as long as it is open. */
  readonly id: number;
  clear(): void;
  /** Next cursor and some keys; cursor 0 begins and ends. */
  scan(cursor: number): [number, ...string[]];
  resize(maxBytes: number): boolean;
  /** 0 for no bound. */
  setMaxEntries(maxEntries: number): void;
  shrink(bytes: number): number;
  /** Level 1 to 4; bytes given back. */
  applyPressure(level: number): number;
  holdPressure(level: number): number;
  stats(): NativeStoreStats;
  /** Evictions since anyone in the process asked, and those of them that maxEntries caused. */
  takeNewEvictions(): [number, number];
  /**
   * Has all times to live, in memory and on disk, follow this time, ms since the epoch, which stands still
   * until the next call; with none, the store's own again, as after close. It counts for all who share the
   * store or its disk tier.
   */
  setTime(ms?: number): void;
  /** Forgets at once all entries in memory that have expired. */
  forgetExpired(): void;
  /**
   * Calls `told`, and no other that was given earlier, with batches of what leaves memory from now on:
   * keys, each before the number of its reason, and how many more were lost after them. Left out, nobody
   * is told any more. It does not keep the event loop alive.
   */
  onRemovals(told?: (removals: readonly (string | number)[], lost: number) => void): void;
  close(): void;

  // What follows is for a store that has a disk tier.

  /**
   * Whether all that was put is on the disk itself; false where something was dropped since the last one.
   * Keeps the event loop alive until then. Never settles once the environment has ended.
   */
  flush(): Promise<boolean>;
  /** Waits until what was put is written or dropped, or for so long, ms; false then. */
  settleDisk(ms: number): boolean;
  /**
   * Calls `told`, and no other that was given earlier, with what happens to the disk tier, and with what
   * has happened and still matters. It does not keep the event loop alive.
   */
  onDiskEvent(told: (event: NativeDiskEvent) => void): void;
  diskStats(): NativeDiskStats;
  /** Throws a RangeError for what no tier can have. */
  resizeDisk(maxBytes: number): void;
  /** Adds to the counters that are kept in the file, up to 16. */
  addToDiskCounters(deltas: readonly number[]): void;
  /** The keys of the place, of a tier of records. */
  keysOfPlace(place: string): string[];
  /**
   * A lease on making the value of the key, among all processes that use the folder: a Lease. Whoever
   * holds one must release it; close does that too, and so does the end of the process.
   */
  acquireLease(key: string): number;
  /** Releases the lease once all that was put before is written or dropped; ignores one that it does not hold. */
  releaseLease(key: string): void;
  /** The counters in the file. */
  diskCounters(): number[];
}
