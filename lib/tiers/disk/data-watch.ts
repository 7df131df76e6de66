// Whether the database's file is still what the database has mapped. LMDB reads through its mapping:
// beyond the end of a file that somebody cut off that is a fatal signal, and a file that was removed is
// written to for nobody.

import { closeSync, fstatSync, openSync, statSync } from 'node:fs';
import { DiskError } from './disk-error.js';

export class DataWatch {
  readonly #fd: number;
  /** LMDB's file never shrinks. */
  #largest = 0;

  constructor(path: string) {
    this.#fd = openSync(path, 'r');
  }

  /** Throws a DiskError when it is not. One call of fstat: under a microsecond. */
  check(): void {
    const { nlink, size } = fstatSync(this.#fd);
    if (nlink === 0) {
      throw new DiskError('removed', 'The files of the disk tier were removed while it used them.');
    }
    if (size < this.#largest) {
      throw new DiskError('damaged', "The disk tier's file was cut off while it was in use.");
    }
    this.#largest = size;
  }

  /** Whether the path still leads to the file that is watched. */
  isAt(path: string): boolean {
    const there = statSync(path, { bigint: true, throwIfNoEntry: false });
    return there !== undefined && there.ino === fstatSync(this.#fd, { bigint: true }).ino;
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
