// The types of a disk tier in the addon.

/** The counters and contents of a disk tier. */
export interface NativeDiskStats {
  /** The folder in use: that of the options, or a private one in it. */
  path: string;
  /** Whether its file can be read now, or is being opened without known trouble. */
  available: boolean;
  /** Entries in the file, of all processes that share it; the dictionaries of compact values are among them. */
  entries: number;
  /** The size of the file. */
  bytes: number;
  /** The bound of the file. */
  maxBytes: number;
  /** Reads that found a value on disk. */
  hits: number;
  /** Reads that found no value on disk. */
  misses: number;
  /** Values that were written. */
  writes: number;
  /** Entries that this process evicted. */
  evictions: number;
  /** Entries that were found expired, or were removed because they had expired. */
  expirations: number;
  /** Values that were not written, because too many waited, they were too large, or the disk failed. */
  drops: number;
  /** Reads and writes that failed, and entries that were not what was written. */
  errors: number;
  /** The number of values that wait to be written. */
  pending: number;
}

export interface NativeDiskOptions {
  /** Absolute. */
  dir: string;
  maxBytes: number;
  coherent: boolean;
  /** The contents of the file; a file of records keeps all keys of one place, which a NUL ends, together. */
  kind: 'values' | 'records';
}

/** The summary in the file of a disk tier. */
export interface NativeDiskSummary {
  /** Whether it is the file of a cache of metadata, or of an ArenaCache. */
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
  /** Another call has it, in this process or another. */
  busy: 1,
  /** Leases are not available, so that every process continues without. */
  unavailable: 2,
} as const;

/** An event of a disk tier. */
export interface NativeDiskEvent {
  /**
   * 'trouble' is reported once, until 'recovered'. 'damaged' reports that something on the disk was not what
   * was written, and was removed. 'removedEarlier' reports that the files of an earlier version were removed.
   */
  kind: 'trouble' | 'recovered' | 'damaged' | 'removedEarlier';
  /** A sentence that says what happened, and what to do. */
  sentence: string;
}
