// The state of a file by what is in it, for file systems whose times and inodes do not tell.

import { createHash } from 'node:crypto';
import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { ABSENT_STATE, type FileState, fileState } from './file-state.js';

/** Files up to this size are read whole, bytes. */
const WHOLE_BYTES = 64 * 1024;
/** Of larger ones so many blocks are read: as many bytes in all, whatever the size of the file. */
const SAMPLED_BLOCKS = 16;
/** Bytes of each: a page of most systems. */
const BLOCK_BYTES = 4096;

/** The size goes first, 64 bits, little-endian. */
const SIZE_BYTES = 8;

/** A FIFO that took the file's place is opened without waiting for its other end. */
const OPEN_FLAGS = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0);

/** For one file at a time: nothing here waits. */
const bytes = Buffer.allocUnsafeSlow(SIZE_BYTES + WHOLE_BYTES);

/**
 * The SHA-256 of the size and the content of the file: of all that is in a file of up to 64 KiB, and
 * of 16 blocks of 4 KiB of a larger one, spread evenly from the first to the last byte.
 *
 * What changes in a file of more than 64 KiB between the blocks, and leaves its size, is not seen:
 * then the state stays what it was, and so does what was stored with it. Formats that have their
 * metadata at the beginning or the end show a change of it; a change of a pixel in the middle of an
 * image may stay unseen.
 *
 * A file that is not there has a state too. Undefined for what is no regular file or cannot be read,
 * and for a file that changes its size, or ends, while it is read. Follows symbolic links. Throws a
 * TypeError for a path that is no string.
 */
export function contentState(filePath: string): FileState | undefined {
  // Before anything is opened: to open a device may do something.
  const looked = fileState(filePath);
  if (looked === undefined || looked === ABSENT_STATE) return looked;
  try {
    const descriptor = openSync(filePath, OPEN_FLAGS);
    try {
      return stateOfOpen(descriptor);
    } finally {
      closeSync(descriptor);
    }
  } catch {
    return undefined;
  }
}

function stateOfOpen(descriptor: number): FileState | undefined {
  const stat = fstatSync(descriptor);
  if (!stat.isFile()) return undefined;
  const { size } = stat;
  bytes.writeBigUInt64LE(BigInt(size));
  let end = SIZE_BYTES;
  for (const [position, length] of partsOf(size)) {
    if (!readWhole(descriptor, end, length, position)) return undefined;
    end += length;
  }
  if (fstatSync(descriptor).size !== size) return undefined;
  // 'binary' is Latin-1 here.
  return createHash('sha256').update(bytes.subarray(0, end)).digest('binary');
}

/** What is read of a file of this size: position and length of each part, WHOLE_BYTES at most. */
function partsOf(size: number): [position: number, length: number][] {
  if (size <= WHOLE_BYTES) return [[0, size]];
  const last = size - BLOCK_BYTES;
  return Array.from({ length: SAMPLED_BLOCKS }, (_, i) => [
    Math.floor((last * i) / (SAMPLED_BLOCKS - 1)),
    BLOCK_BYTES,
  ]);
}

/** False where the file ends before. */
function readWhole(descriptor: number, at: number, length: number, position: number): boolean {
  let done = 0;
  while (done < length) {
    const count = readSync(descriptor, bytes, at + done, length - done, position + done);
    if (count === 0) return false;
    done += count;
  }
  return true;
}
