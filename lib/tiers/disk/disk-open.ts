import { mkdirSync } from 'node:fs';
import { type NativeFileLock, native } from '../../native.js';
import { DiskDatabase } from './disk-database.js';
import { DiskError, toDiskError } from './disk-error.js';
import {
  checkOwners,
  glanceAtData,
  inspectData,
  lockPath,
  prepareReaders,
  removeFiles,
  stampClean,
} from './disk-files.js';

const WAIT_MS = 5;

export interface OpenOptions {
  folder: string;
  /** Budget of the file, bytes. */
  maxBytes: number;
  /** Of the one who opens it; see DiskDatabase. */
  writerId: Buffer;
  /** Nothing of what is there is to stay: where nobody else uses the folder, not even the files. */
  anew?: boolean;
  /** How long to wait for another process that looks at the files, ms. Default 0. */
  patienceMs?: number;
}

export interface OpenedDisk {
  database: DiskDatabase;
  /** What was wrong with the files that were there: they were removed, and new ones made. */
  rebuilt: DiskError | undefined;
  /** Closes the database and lets go of the folder. */
  close(state: ClosedState): void;
}

/**
 * How the file is left: 'sound' is not looked at when it is opened next; 'unsure' is; 'damaged' is
 * removed, so that nobody maps it again, and those who have it mapped see that it is gone.
 */
export type ClosedState = 'sound' | 'unsure' | 'damaged';

/**
 * Opens the database in the folder, which is made where it is not there. The first process to use it
 * looks at its files before LMDB does. Throws a DiskError.
 */
export function openDisk(options: OpenOptions): OpenedDisk {
  const { folder, anew = false } = options;
  let lock: NativeFileLock | undefined;
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    checkOwners(folder);
    lock = new native.FileLock(lockPath(folder));
    const alone = acquire(lock, options.patienceMs ?? 0);
    if (anew && alone) removeFiles(folder);
    const { database, rebuilt } = alone ? openAlone(options) : openBesideOthers(options);
    if (alone) database.mergeCounters();
    else if (anew) database.clear();
    const held = lock;
    if (alone && !held.tryShared()) throw busy();
    return {
      database,
      rebuilt,
      close: (state) => closeDisk(folder, database, held, state),
    };
  } catch (error) {
    lock?.close();
    throw toDiskError(error);
  }
}

/** True where nobody else uses the folder; then the lock is exclusive, else shared. */
function acquire(lock: NativeFileLock, patienceMs: number): boolean {
  const waiter = new Int32Array(new SharedArrayBuffer(4));
  for (let waited = 0; ; waited += WAIT_MS) {
    if (lock.tryExclusive()) return true;
    if (lock.tryShared()) return false;
    if (waited >= patienceMs) throw busy();
    Atomics.wait(waiter, 0, 0, WAIT_MS);
  }
}

function busy(): DiskError {
  return new DiskError(
    'busy',
    'Another process is looking at the files of the disk tier. It is tried again later.',
  );
}

type Opened = Pick<OpenedDisk, 'database' | 'rebuilt'>;

/** The one who came first has looked at the file; by now there may be another one in its place. */
function openBesideOthers(options: OpenOptions): Opened {
  glanceAtData(options.folder);
  return { database: openDatabase(options), rebuilt: undefined };
}

function openAlone(options: OpenOptions): Opened {
  const { folder } = options;
  prepareReaders(folder);
  try {
    inspectData(folder);
    return { database: openDatabase(options), rebuilt: undefined };
  } catch (error) {
    const rebuilt = toDiskError(error);
    if (rebuilt.trouble !== 'damaged') throw rebuilt;
    removeFiles(folder);
    prepareReaders(folder);
    return { database: openDatabase(options), rebuilt };
  }
}

function openDatabase({ folder, maxBytes, writerId }: OpenOptions): DiskDatabase {
  return new DiskDatabase(folder, maxBytes, writerId);
}

function closeDisk(
  folder: string,
  database: DiskDatabase,
  lock: NativeFileLock,
  state: ClosedState,
): void {
  try {
    const isToGo = state === 'damaged' && database.isInPlace();
    const isSound = state === 'sound' && isWhatItWas(database);
    database.close();
    if (isToGo) removeFiles(folder);
    if (isSound && lock.tryExclusive()) stampClean(folder);
  } catch {
    // Without a stamp the files are looked at when they are opened next.
  } finally {
    lock.close();
  }
}

function isWhatItWas(database: DiskDatabase): boolean {
  try {
    database.check();
    return true;
  } catch {
    return false;
  }
}
