// Which pages belong to something: each to one tree, one overflow run, or the list of free pages.

import { damaged } from './page-file.js';
import { META_PAGES } from './page-layout.js';

export class PageClaims {
  /** A bit for each page of the file's state. */
  readonly #claimed: Uint8Array;
  readonly #lastPage: number;
  readonly #filePages: number;

  constructor(lastPage: number, filePages: number) {
    this.#claimed = new Uint8Array((lastPage >> 3) + 1);
    this.#lastPage = lastPage;
    this.#filePages = filePages;
  }

  /** Claims `count` pages that must be in the file; `count` is a whole number above 0. */
  use(first: number, count: number): void {
    if (first + count > this.#filePages) {
      damaged(`Page ${first + count - 1} is used, and the file has ${this.#filePages} pages.`);
    }
    this.#claim(first, count);
  }

  /** Claims `count` pages that need not be in the file: LMDB does not read free ones. */
  free(first: number, count: number): void {
    this.#claim(first, count);
  }

  /** Pages behind the end of the file must be free: LMDB did not write what it had freed again. */
  checkMissing(): void {
    for (let page = this.#filePages; page <= this.#lastPage; page++) {
      if (!this.#isClaimed(page)) {
        damaged(`Page ${page} is not free, and the file has ${this.#filePages} pages.`);
      }
    }
  }

  #claim(first: number, count: number): void {
    if (first < META_PAGES || first + count - 1 > this.#lastPage) {
      damaged(
        `${count} pages from ${first} on are out of range; the last page is ${this.#lastPage}.`,
      );
    }
    for (let page = first; page < first + count; page++) {
      if (this.#isClaimed(page)) damaged(`Page ${page} is used twice, or free and used.`);
      this.#claimed[page >> 3] = (this.#claimed[page >> 3] ?? 0) | (1 << (page & 7));
    }
  }

  #isClaimed(page: number): boolean {
    return ((this.#claimed[page >> 3] ?? 0) & (1 << (page & 7))) !== 0;
  }
}
