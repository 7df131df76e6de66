import type { DiskEvent } from './disk-events.js';
import type { Removal } from './removal-events.js';

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
