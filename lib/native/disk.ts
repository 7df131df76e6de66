// The types of a disk tier in the addon.

/** What a disk tier counts and holds. */
export interface NativeDiskStats {
  /** The folder in use: that of the options, or a private one in it. */
  path: string;
  /** Whether its file can be read now, or is being opened and no trouble is known. */
  available: boolean;
  /** Entries in the file, of all who share it. */
  entries: number;
  /** The size of the file. */
  bytes: number;
  /** The bound of the file. */
  maxBytes: number;
  /** Reads that found a value on disk. */
  hits: number;
  /** Reads that found none there. */
  misses: number;
  /** Values that were written. */
  writes: number;
  /** Entries that this process evicted. */
  evictions: number;
  /** Entries that were found after their time to live was over, or removed for that. */
  expirations: number;
  /** Values that were not written: too many waited, they are too large, or the disk took none. */
  drops: number;
  /** Reads and writes that failed, and entries that were not what was written. */
  errors: number;
  /** What waits to be written. */
  pending: number;
}

export interface NativeDiskOptions {
  /** Absolute. */
  dir: string;
  maxBytes: number;
  coherent: boolean;
  /** What the file holds; that of records has all keys of one place, which a NUL ends, together. */
  kind: 'values' | 'records';
}

/** What the file of a disk tier says of itself. */
export interface NativeDiskSummary {
  /** Whether it is that of a cache of metadata, or of an ArenaCache. */
  kind: 'records' | 'values';
  entries: number;
  /** The file's size. */
  bytes: number;
  /** Its bound. */
  maxBytes: number;
  /** The sums that KeptCounters saves; a file of values has none. */
  counters: number[];
}

/** What acquireLease returns. */
export const Lease = {
  held: 0,
  /** Somebody else has it, in this process or another. */
  busy: 1,
  /** There are no leases to be had: everybody goes on without. */
  unavailable: 2,
} as const;

/** What happened to a disk tier. */
export interface NativeDiskEvent {
  /**
   * 'trouble' is told once, until 'recovered'; 'damaged' says that something was not what was written,
   * and was removed; 'removedEarlier' that the files of an earlier version were.
   */
  kind: 'trouble' | 'recovered' | 'damaged' | 'removedEarlier';
  /** It says what happened, and what to do. */
  sentence: string;
}
