import type { NativeDiskEvent } from '../native/disk.js';

/** An event of a disk tier. */
export interface DiskEvent {
  /**
   * 'trouble' is reported once, until 'recovered'. 'damaged' reports that something on the disk was not what
   * was written, and was removed. 'removedEarlier' reports that the files of an earlier version were removed.
   */
  kind: NativeDiskEvent['kind'];
  /** A sentence that says what happened, and what to do. */
  message: string;
}

/**
 * Why an entry left memory.
 *
 * - 'evict': room was needed for a put, there were `maxEntries`, or `resize` or `shrink` was called.
 * - 'pressure': memory pressure, real or by `applyPressure` and `holdPressure`.
 * - 'expire': its time to live was over, and a read, a put or the sweep noticed it.
 * - 'replace': it was set again, by any cache that shares the store or its folder.
 * - 'delete': it was deleted. With a disk tier also: another process deleted, cleared or evicted it there.
 * - 'clear': the cache was cleared.
 */
export type RemovalReason = 'evict' | 'pressure' | 'expire' | 'replace' | 'delete' | 'clear';

/** An entry that left memory. */
export interface Removal {
  /** The key as it was set. */
  key: string;
  /** Why the entry left. */
  reason: RemovalReason;
}

/** Events of an ArenaCache. Removal events cost nothing where there is no listener. */
export interface ArenaEvents {
  /** An event of the disk tier. */
  disk: [event: DiskEvent];
  /**
   * The entries that left memory, in that order: up to 1,024 entries at a time, later than the calls that
   * removed them, so that a key may exist again by now. For every `set` that returned true there is one
   * removal at most; with a disk tier the value may still be on disk.
   *
   * Every cache that shares a store by name is notified of all removals from it, in any thread. Removals by
   * close() are not reported.
   */
  remove: [removals: Removal[]];
  /**
   * The number of removed entries beyond those kept for the listeners, after those of the previous
   * 'remove' and before those of the next. A cache keeps 2 MiB of keys, each with 3 bytes: about 90,000
   * removals with keys of 20 bytes, since the previous turn of the event loop.
   */
  removalsLost: [count: number];
}
