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
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { DiskError } from './disk-error.js';
import { checkPages } from './pages/page-check.js';

const DATA = 'data.mdb';
const STAMP = 'clean.json';
/** Not inherited through a link that a stranger made, and no wait for a FIFO. */
const READ = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);

export const lockPath = (folder: string) => join(folder, 'use.lock');
export const dataPath = (folder: string) => join(folder, DATA);

export function removeFiles(folder: string): void {
  for (const name of [DATA, 'lock.mdb', STAMP]) rmSync(join(folder, name), { force: true });
}

/**
 * Throws a DiskError for a file that LMDB must not be given: it trusts every byte, and one that was
 * zeroed or cut off ends the process. To be called with nobody else at the file.
 */
export function inspectData(folder: string): void {
  const fd = openIfThere(dataPath(folder));
  if (fd === undefined) return;
  try {
    if (!fstatSync(fd).isFile()) {
      throw new DiskError('foreign', `${dataPath(folder)} is no file. Choose another cacheDir.`);
    }
    if (isAsItWasClosed(folder, fd)) return;
    const check = checkPages(fd);
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
  } finally {
    closeSync(fd);
  }
}

/** Notes how the file was left. To be called with nobody else at it, after the last write. */
export function stampClean(folder: string): void {
  const fd = openIfThere(dataPath(folder));
  if (fd === undefined) return;
  try {
    const path = join(folder, STAMP);
    rmSync(path, { force: true });
    writeFileSync(path, JSON.stringify(stampOf(fd)), { mode: 0o600, flag: 'wx' });
  } finally {
    closeSync(fd);
  }
}

/** The change time is the system's own: nobody can set it back to hide a write. */
function isAsItWasClosed(folder: string, fd: number): boolean {
  try {
    const stamp = readFileSync(join(folder, STAMP), 'utf8');
    return stamp === JSON.stringify(stampOf(fd));
  } catch {
    return false;
  }
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
