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
  /** Whether values are put in compact form; both forms can be read. */
  compact: boolean;
  /** The number of bytes before the msgpack of each value. */
  prefixBytes: number;
}

/** Sizes that no user gave: where the name is open already, the store keeps its own. */
export interface AdoptedSizes {
  maxBytes: boolean;
  maxEntries: boolean;
  diskBytes: boolean;
}

/** An open store. All methods except close throw once it is closed. */
export interface NativeStore {
  /** The number by which the functions on entries find it, as long as it is open. */
  readonly id: number;
  clear(): void;
  /** The next cursor and some keys; cursor 0 begins and ends the scan. */
  scan(cursor: number): [number, ...string[]];
  resize(maxBytes: number): boolean;
  /** 0 for no bound. */
  setMaxEntries(maxEntries: number): void;
  shrink(bytes: number): number;
  /** Takes a level of 1 to 4; returns the number of bytes released. */
  applyPressure(level: number): number;
  holdPressure(level: number): number;
  stats(): NativeStoreStats;
  /** The names of fields in the order of their numbers; undefined where there is no such dictionary. */
  dictionaryNames(dictionary: number): string[] | undefined;
  /** The evictions since the previous call in the process, and those of them that maxEntries caused. */
  takeNewEvictions(): [number, number];
  /**
   * Makes all times to live, in memory and on disk, follow this time, ms since the epoch, which does not
   * advance until the next call. Without a time they follow the store's own again, as after close. It applies
   * to all caches that share the store or its disk tier.
   */
  setTime(ms?: number): void;
  /** Removes at once all entries in memory that have expired. */
  forgetExpired(): void;
  /**
   * Calls `told`, in place of any earlier one, with batches of the removals from memory from now on: keys,
   * each before the number of its reason, and how many more were lost after them. Without `told`, removals
   * are no longer reported. It does not keep the event loop alive.
   */
  onRemovals(told?: (removals: readonly (string | number)[], lost: number) => void): void;
  /**
   * Counts the changes of the store in these bytes from now on, until close: see
   * native/store/change_counters.h. The caller MUST neither detach nor resize them. Returns false, with
   * nothing counted, where the store has a disk tier or too many such counters.
   */
  countChanges(bytes: Uint8Array): boolean;
  close(): void;

  // The following methods are for a store that has a disk tier.

  /**
   * Resolves with whether everything that was put is on the disk itself; it is false where something was
   * dropped since the previous call. It keeps the event loop alive until then. It never settles once the
   * environment has ended.
   */
  flush(): Promise<boolean>;
  /** Waits until what was put is written or dropped, but no longer than so many ms; returns false then. */
  settleDisk(ms: number): boolean;
  /**
   * Calls `told`, in place of any earlier one, with the events of the disk tier, and with earlier events that
   * still matter. It does not keep the event loop alive.
   */
  onDiskEvent(told: (event: NativeDiskEvent) => void): void;
  diskStats(): NativeDiskStats;
  /** Throws a RangeError for a bound that no tier can have. */
  resizeDisk(maxBytes: number): void;
  /** Adds to the counters that are kept in the file, up to 16. */
  addToDiskCounters(deltas: readonly number[]): void;
  /** The keys of the place, in a tier of records. */
  keysOfPlace(place: string): string[];
  /**
   * Acquires a lease on making the value of the key, among all processes that use the folder; returns a
   * Lease. The holder MUST release it; close and the end of the process release it too.
   */
  acquireLease(key: string): number;
  /**
   * Releases the lease once everything that was put before is written or dropped; ignores one that the store
   * does not hold.
   */
  releaseLease(key: string): void;
  /** The counters in the file. */
  diskCounters(): number[];
}
