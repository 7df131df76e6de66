import { statSync } from 'node:fs';
import { addUp, type Counters } from './disk-counters.js';
import { WRITER_BYTES } from './disk-database.js';
import { dataPath } from './disk-files.js';
import { openDisk } from './disk-open.js';

/** It counts nothing. */
const READER = Buffer.alloc(WRITER_BYTES);

/** What a disk tier holds, and what all who ever used it have counted. */
export interface DiskSummary {
  entries: number;
  /** Of the file. */
  bytes: number;
  counters: Counters;
}

/**
 * Reads the disk tier in the folder, also while others use it; undefined where there is none. Throws a
 * DiskError for one that cannot be read.
 */
export function readDiskSummary(folder: string): DiskSummary | undefined {
  const file = statSync(dataPath(folder), { throwIfNoEntry: false });
  if (file === undefined) return undefined;
  const disk = openDisk({ folder, maxBytes: file.size, writerId: READER });
  try {
    const { entries, fileBytes } = disk.database.size();
    return { entries, bytes: fileBytes, counters: addUp(disk.database.counters()) };
  } finally {
    disk.close('sound');
  }
}
