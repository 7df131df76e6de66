import type { NativeDiskEvent } from '../native/disk.js';

/** What happened to a disk tier. */
export interface DiskEvent {
  /**
   * 'trouble' is told once, until 'recovered'; 'damaged' says that something was not what was written,
   * and was removed; 'removedEarlier' that the files of an earlier version were.
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
 * - 'replace': it was set again, by anyone who shares the store or its folder.
 * - 'delete': it was deleted. With a disk tier also: another process deleted, cleared or evicted it there.
 * - 'clear': the cache was cleared.
 */
export type RemovalReason = 'evict' | 'pressure' | 'expire' | 'replace' | 'delete' | 'clear';

/** An entry that left memory. */
export interface Removal {
  /** The key as it was set. */
  key: string;
  /** Why it left. */
  reason: RemovalReason;
}

/** Events of an ArenaCache. Those of removals cost nothing where nobody listens. */
export interface ArenaEvents {
  /** What happened to the disk tier. */
  disk: [event: DiskEvent];
  /**
   * What left memory, in the order in which it did: up to 1,024 entries at a time, later than the calls
   * that removed them, so that a key may be there again by now. For every `set` that returned true there
   * is one removal at most; with a disk tier the value may still be on disk. Every cache that shares a
   * store by name is told of all that leaves it, in any thread. What leaves on close() is told to nobody.
   */
  remove: [removals: Removal[]];
  /**
   * So many more entries left than were kept for the listeners, after those of the 'remove' before and
   * before those of the next. 2 MiB of keys are kept for a cache, each with 3 bytes: about 90,000
   * removals with keys of 20 bytes, since the event loop had its last turn.
   */
  removalsLost: [count: number];
}
