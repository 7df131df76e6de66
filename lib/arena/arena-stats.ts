// What an ArenaCache tells of its contents and its use.

import type { NativeDiskStats } from '../native/disk.js';
import type { NativeStoreStats } from '../native/store-stats.js';

/** The numbers are those of memory; hits, misses and puts count memory and disk together. */
export interface ArenaStats extends NativeStoreStats {
  /** Decoded values at hand. They are this cache's own, and outside its budget. */
  hotValues: number;
  /** An estimate of the JavaScript heap that they take, bytes. */
  hotValueBytes: number;
  /** It is left out where there is no disk tier. */
  disk?: DiskStats;
}

/** The counters and contents of the disk tier. */
export type DiskStats = NativeDiskStats;
