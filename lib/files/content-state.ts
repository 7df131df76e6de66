// Reads the state of a file from its content, for file systems whose times and inodes do not show changes.

import { createHash } from 'node:crypto';
import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import type { PlainPath } from './file-path.js';
import { ABSENT_STATE, type FileState, fileKind } from './file-state.js';

/** Files up to this size are read whole, bytes. */
const WHOLE_BYTES = 64 * 1024;
/** The number of blocks that are read of a larger file; their total is the same for every size. */
const SAMPLED_BLOCKS = 16;
/** The number of bytes of each block, which is a page of nearly all systems. */
const BLOCK_BYTES = 4096;

/** The number of bytes of the size at the start: 64 bits, little-endian. */
const SIZE_BYTES = 8;

/** With these flags, a FIFO that took the file's place is opened without waiting for its other end. */
const OPEN_FLAGS = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0);

/** One buffer is enough, because nothing here waits. */
const bytes = Buffer.allocUnsafeSlow(SIZE_BYTES + WHOLE_BYTES);

/**
 * The SHA-256 of the size and the content of the file: of the whole content of a file of up to 64 KiB, and of
 * 16 blocks of 4 KiB of a larger one, spread evenly from the first to the last byte.
 *
 * A change between the blocks of a file of more than 64 KiB that keeps its size is not detected: the state
 * stays the same, and so does what was stored with it. Formats that have their metadata at the beginning or
 * the end show a change of it; a change of a pixel in the middle of an image may stay undetected.
 *
 * The size in the hash is the number of bytes read where the file has less than the system reports, as files
 * of sysfs do, or where the system reports 0, as for files of procfs: up to 64 KiB of those are read.
 *
 * A file that does not exist has a state too. The result is undefined for what is not a regular file or
 * cannot be read, and for a file that changes its size while it is read. It is also undefined for a file of
 * more than 64 KiB that ends before the reported size, or that has a reported size of 0.
 *
 * Symbolic links are followed. Throws a TypeError for a path that is not a string or a Buffer.
 */
export function contentState(filePath: PlainPath): FileState | undefined {
  // The kind is checked before anything is opened, because to open a device may have an effect.
  const kind = fileKind(filePath);
  if (kind !== 'regular') return kind === 'absent' ? ABSENT_STATE : undefined;
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
  const read = size > WHOLE_BYTES ? readSamples(descriptor, size) : readAll(descriptor, size);
  // A file that was cut while it was read is distinguished from one that never had its size.
  if (read === undefined || fstatSync(descriptor).size !== size) return undefined;
  bytes.writeBigUInt64LE(BigInt(read.size));
  const content = bytes.subarray(0, SIZE_BYTES + read.length);
  // 'binary' is Latin-1 here.
  return createHash('sha256').update(content).digest('binary');
}

/** What was read: the number of bytes in the buffer, and the size of the file. */
interface Content {
  length: number;
  size: number;
}

function readAll(descriptor: number, size: number): Content | undefined {
  const most = size === 0 ? WHOLE_BYTES : size;
  const length = readBlock(descriptor, SIZE_BYTES, most, 0);
  // The file may have more bytes than were read.
  if (size === 0 && length === WHOLE_BYTES) return undefined;
  return { length, size: length };
}

function readSamples(descriptor: number, size: number): Content | undefined {
  const last = size - BLOCK_BYTES;
  let length = 0;
  for (let i = 0; i < SAMPLED_BLOCKS; i++) {
    const position = Math.floor((last * i) / (SAMPLED_BLOCKS - 1));
    const count = readBlock(descriptor, SIZE_BYTES + length, BLOCK_BYTES, position);
    if (count < BLOCK_BYTES) return undefined;
    length += count;
  }
  return { length, size };
}

/** The number of bytes read, which is smaller where the file ends before. */
function readBlock(descriptor: number, at: number, length: number, position: number): number {
  let done = 0;
  while (done < length) {
    const count = readSync(descriptor, bytes, at + done, length - done, position + done);
    if (count === 0) break;
    done += count;
  }
  return done;
}
