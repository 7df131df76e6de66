// The files of the disk tier, and what is done with them before and after the database has them.
//
//     data.mdb, lock.mdb   LMDB's own
//     use.lock             locked by every cache that uses the folder: exclusively while it looks at
//                          data.mdb from outside, else shared
//     clean.json           what the system said of data.mdb when the last of them closed it

import {
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  openSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { uptime } from 'node:os';
import { join } from 'node:path';
import { DiskError } from './disk-error.js';
import { checkMagic, checkPages, type MagicCheck, type PageCheck } from './pages/page-check.js';

/** Not inherited through a link that a stranger made, and no wait for a FIFO. */
const PLAIN = (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);
const READ = constants.O_RDONLY | PLAIN;
/** Of lock.mdb: more than LMDB needs for the readers that it has room for. */
const READERS_BYTES = 16 * 1024;
const MOST_STAMP_BYTES = 1024;

export const lockPath = (folder: string) => join(folder, 'use.lock');
export const dataPath = (folder: string) => join(folder, 'data.mdb');
export const readersPath = (folder: string) => join(folder, 'lock.mdb');
const stampPath = (folder: string) => join(folder, 'clean.json');

export function removeFiles(folder: string): void {
  removeStamp(folder);
  for (const path of [dataPath(folder), readersPath(folder)]) rmSync(path, { force: true });
}

/**
 * Throws where others can put files of their own in the place of ours, or have: what they make could be
 * written to in our name. Where the system has no owners, everything is ours.
 */
export function checkOwners(folder: string): void {
  const user = process.geteuid?.();
  if (user === undefined) return;
  const { mode } = statSync(folder);
  if ((mode & 0o002) !== 0 && (mode & 0o1000) === 0) {
    throw new DiskError(
      'denied',
      `Anybody may write to ${folder}. Take that right away, or choose another cacheDir.`,
    );
  }
  for (const path of [dataPath(folder), readersPath(folder), lockPath(folder)]) {
    const found = lstatSync(path, { throwIfNoEntry: false });
    if (found !== undefined && found.uid !== user) {
      throw new DiskError('denied', `${path} is another user's. Choose another cacheDir.`);
    }
  }
}

/**
 * Makes lock.mdb where it is not there, and throws for one that LMDB cannot use: of a folder or a FIFO it
 * dies. LMDB would leave holes in it and write to it through its mapping, which is a fatal signal where
 * the disk is full by then; so what it needs is written here.
 *
 * To be called with nobody else at the files: a process that closes any descriptor of this file gives up the
 * lock by which LMDB knows that it is in use, and the next one to open it begins with mutexes of its own.
 */
export function prepareReaders(folder: string): void {
  const path = readersPath(folder);
  const fd = openSync(path, constants.O_RDWR | constants.O_CREAT | PLAIN, 0o600);
  try {
    const found = fstatSync(fd);
    if (!found.isFile()) throw noFile(path);
    for (let at = found.size; at < READERS_BYTES; ) {
      at += writeSync(fd, Buffer.alloc(READERS_BYTES - at), 0, READERS_BYTES - at, at);
    }
  } finally {
    closeSync(fd);
  }
}

/**
 * Throws a DiskError for a file that LMDB must not be given: it trusts every byte, and one that was
 * zeroed or cut off ends the process. To be called with nobody else at the file.
 */
export function inspectData(folder: string): void {
  withData(folder, (fd) => {
    if (!isAsItWasClosed(folder, fd)) refuse(checkPages(fd));
  });
}

/**
 * The same of a file that others write to: whether it is one of LMDB's at all, as the package dies of one
 * that LMDB refuses.
 */
export function glanceAtData(folder: string): void {
  const readers = lstatSync(readersPath(folder), { throwIfNoEntry: false });
  if (readers?.isFile() === false) throw noFile(readersPath(folder));
  withData(folder, (fd) => refuse(checkMagic(fd)));
}

function withData(folder: string, look: (fd: number) => void): void {
  const fd = openIfThere(dataPath(folder));
  if (fd === undefined) return;
  try {
    if (!fstatSync(fd).isFile()) throw noFile(dataPath(folder));
    look(fd);
  } finally {
    closeSync(fd);
  }
}

function refuse(check: PageCheck | MagicCheck): void {
  if (check.ok) return;
  // One that was emptied may still be mapped by somebody; a new file is nobody's.
  if (check.kind !== 'foreign') {
    throw new DiskError('damaged', `The disk tier's file is damaged: ${check.reason}`);
  }
  throw new DiskError(
    'foreign',
    `The disk tier's file is of another version, or of another program: ${check.reason} ` +
      'Use the version that wrote it, choose another cacheDir, or clear the cache.',
  );
}

/** Notes how the file was left. To be called with nobody else at it, after the last write. */
export function stampClean(folder: string): void {
  const fd = openIfThere(dataPath(folder));
  if (fd === undefined) return;
  try {
    removeStamp(folder);
    writeFileSync(stampPath(folder), JSON.stringify(stampOf(fd)), { mode: 0o600, flag: 'wx' });
  } finally {
    closeSync(fd);
  }
}

/**
 * The change time is the system's own: nobody can set it back to hide a write. One from before the system
 * was started counts for nothing, as what was written then may not have reached the disk.
 */
function isAsItWasClosed(folder: string, fd: number): boolean {
  const stamp = stampOf(fd);
  const startedMs = Date.now() - uptime() * 1000;
  return Number(stamp.ctimeNs) / 1e6 > startedMs && readStamp(folder) === JSON.stringify(stamp);
}

/** What is there may be anything. */
function readStamp(folder: string): string | undefined {
  let fd: number | undefined;
  try {
    fd = openIfThere(stampPath(folder));
    if (fd === undefined) return undefined;
    const found = fstatSync(fd);
    const isStamp = found.isFile() && found.size <= MOST_STAMP_BYTES;
    return isStamp ? readFileSync(fd, 'utf8') : undefined;
  } catch {
    return undefined;
  } finally {
    if (fd !== undefined) closeSync(fd);
  }
}

/** One that cannot be removed is no stamp, and in nobody's way. */
function removeStamp(folder: string): void {
  try {
    rmSync(stampPath(folder), { force: true });
  } catch {
    // A folder, say.
  }
}

function noFile(path: string): DiskError {
  return new DiskError('foreign', `${path} is no file. Choose another cacheDir.`);
}

function stampOf(fd: number): Record<string, string> {
  const { size, mtimeNs, ctimeNs, ino } = fstatSync(fd, { bigint: true });
  return { size: `${size}`, mtimeNs: `${mtimeNs}`, ctimeNs: `${ctimeNs}`, ino: `${ino}` };
}

function openIfThere(path: string): number | undefined {
  try {
    return openSync(path, READ);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
