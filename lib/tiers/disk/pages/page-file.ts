// Reads of a file of pages, and what ends the check of one.

import { readSync } from 'node:fs';
import type { Bytes } from './page-layout.js';

/**
 * Why a file must not be opened: 'empty' has no bytes, and LMDB makes a new one of it; 'foreign' is no
 * LMDB file, or one of another format; 'damaged' was one.
 */
export type FaultKind = 'empty' | 'foreign' | 'damaged';

/** Thrown within the check, and caught by it. */
export class PageFault extends Error {
  readonly kind: FaultKind;

  constructor(kind: FaultKind, reason: string) {
    super(reason);
    this.name = 'PageFault';
    this.kind = kind;
  }
}

/** Ends the check: the file is damaged, in the way that a full sentence says. */
export function damaged(reason: string): never {
  throw new PageFault('damaged', reason);
}

/** An open file of pages. Not mapped: a file that shrinks is a short read, not a signal. */
export class PageFile {
  readonly bytes: number;
  readonly #fd: number;

  constructor(fd: number, bytes: number) {
    this.#fd = fd;
    this.bytes = bytes;
  }

  /** Fills `to` up to `length` from `position` on; false where the file ends before. */
  read(to: Bytes, length: number, position: number): boolean {
    let done = 0;
    while (done < length) {
      const got = readSync(this.#fd, to.buffer, done, length - done, position + done);
      if (got === 0) return false;
      done += got;
    }
    return true;
  }
}
