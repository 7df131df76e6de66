// The pages that a transaction freed: the data of an entry of the free database, 64-bit numbers.
//
//    | count | number | number | ... | leftovers
//
// A number above 0 is a free page. One below 0 is the length of a run, negative, and the next number its
// first page. 0 is no page: lmdb leaves gaps for later. The order is that in which pages were freed, or
// descending, by what wrote the entry, and LMDB sorts what it reads.

import type { PageClaims } from './page-claims.js';
import { damaged } from './page-file.js';
import type { Bytes } from './page-layout.js';

export const ID_BYTES = 8;

/** Reads one such list, in as many parts as it comes. */
export class FreeList {
  readonly #claims: PageClaims;
  /** Numbers behind the count. */
  readonly #capacity: number;
  /** Below 0 until the count was read. */
  #idsLeft = -1;
  /** Length of the run whose first page is next, or 0. */
  #run = 0;
  #pages = 0;

  /** `bytes` of data in all. */
  constructor(claims: PageClaims, bytes: number) {
    this.#claims = claims;
    if (bytes === 0 || bytes % ID_BYTES !== 0) damaged(`A list of free pages has ${bytes} bytes.`);
    this.#capacity = bytes / ID_BYTES - 1;
  }

  /** The next whole numbers, from `start` to before `end`. */
  add(bytes: Bytes, start: number, end: number): void {
    let at = start;
    if (this.#idsLeft < 0 && at < end) {
      this.#idsLeft = bytes.u64(at);
      if (this.#idsLeft > this.#capacity) {
        damaged(`A list of ${this.#idsLeft} free pages has room for ${this.#capacity}.`);
      }
      at += ID_BYTES;
    }
    for (; at < end && this.#idsLeft > 0; at += ID_BYTES) {
      this.#take(bytes.i64(at));
      this.#idsLeft--;
    }
  }

  /** Pages that it lists, once all of it was added. */
  finish(): number {
    // LMDB would take its first page from behind the list.
    if (this.#run > 0) damaged('A list of free pages ends with the length of a run.');
    return this.#pages;
  }

  #take(id: number): void {
    if (this.#run > 0) {
      this.#claims.free(id, this.#run);
      this.#pages += this.#run;
      this.#run = 0;
    } else if (id < 0) {
      this.#run = -id;
    } else if (id > 0) {
      this.#claims.free(id, 1);
      this.#pages++;
    }
  }
}
