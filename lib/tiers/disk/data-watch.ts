// Whether the database's files are still what the database has mapped. LMDB reads through its mapping:
// beyond the end of a file that somebody cut off that is a fatal signal, and a file that was removed is
// written to for nobody. Two processes that lock by different files write over each other.

import { closeSync, fstatSync, openSync, readSync, statSync } from 'node:fs';
import { DiskError } from './disk-error.js';
import { dataPath, lockPath, readersPath } from './disk-files.js';

/** What never changes in LMDB's first page: magic and version. Of a file of zeros it dies. */
const HEAD_AT = 24;
const HEAD_BYTES = 8;

export class DataWatch {
  readonly #fd: number;
  readonly #dataPath: string;
  readonly #data: bigint;
  /** The files that processes lock each other out by, and which they were. */
  readonly #locks: readonly { path: string; inode: bigint | undefined }[];
  readonly #head = Buffer.alloc(HEAD_BYTES);
  readonly #headBefore = Buffer.alloc(HEAD_BYTES);
  /** LMDB's file never shrinks. */
  #largest: number;

  /** Of the folder that was just opened. */
  constructor(folder: string) {
    this.#dataPath = dataPath(folder);
    this.#fd = openSync(this.#dataPath, 'r');
    const { ino, size } = fstatSync(this.#fd, { bigint: true });
    this.#data = ino;
    this.#largest = Number(size);
    readSync(this.#fd, this.#headBefore, 0, HEAD_BYTES, HEAD_AT);
    const locks = [readersPath(folder), lockPath(folder)];
    this.#locks = locks.map((path) => ({ path, inode: inodeAt(path) }));
  }

  /** Throws a DiskError when the file is not. Two calls of the system: a microsecond. */
  check(): void {
    const { nlink, size } = fstatSync(this.#fd);
    if (nlink === 0) throw removed();
    if (size < this.#largest) {
      throw new DiskError('damaged', "The disk tier's file was cut off while it was in use.");
    }
    this.#largest = size;
    const length = readSync(this.#fd, this.#head, 0, HEAD_BYTES, HEAD_AT);
    if (length !== HEAD_BYTES || !this.#head.equals(this.#headBefore)) {
      throw new DiskError('damaged', "The disk tier's file was overwritten while it was in use.");
    }
  }

  /** check, and whether all files are where they were: a few microseconds. */
  checkPlaces(): void {
    this.check();
    const areThere = this.#locks.every(({ path, inode }) => inodeAt(path) === inode);
    if (!areThere || !this.isInPlace()) throw removed();
  }

  /** Whether the folder has the file that is watched. */
  isInPlace(): boolean {
    return inodeAt(this.#dataPath) === this.#data;
  }

  /** Bytes of the file. */
  get size(): number {
    return fstatSync(this.#fd).size;
  }

  get fd(): number {
    return this.#fd;
  }

  close(): void {
    closeSync(this.#fd);
  }
}

function inodeAt(path: string): bigint | undefined {
  return statSync(path, { bigint: true, throwIfNoEntry: false })?.ino;
}

function removed(): DiskError {
  return new DiskError('removed', 'The files of the disk tier were removed while it used them.');
}
