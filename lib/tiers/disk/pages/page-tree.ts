// One tree of pages, from its root down, each page read once: the pages that lead to it stay in memory,
// with the range of keys that it may have.

import type { PageClaims } from './page-claims.js';
import { damaged, type PageFile } from './page-file.js';
import {
  Bytes,
  type Database,
  MOST_LEVELS,
  mostKeyBytes,
  mostNodeBytes,
  NODE_HEADER_BYTES,
  NodeFlags,
  OVERFLOW_BYTES,
  overflowPages,
  PAGE_HEADER_BYTES,
  PageFlags,
} from './page-layout.js';

/** What all trees of a file share. */
export interface TreeFile {
  file: PageFile;
  pageSize: number;
  /** No page is of a later transaction. */
  txnId: number;
  claims: PageClaims;
}

/** Some bytes of a page in memory. */
export interface Slice {
  bytes: Bytes;
  start: number;
  end: number;
}

/** A node of a leaf whose bounds are checked. */
export interface Entry {
  key: Slice;
  flags: number;
  /** Bytes of the value. */
  size: number;
  /** In the node: the value, or where it lies. */
  data: Slice;
  /** First page of the value, where the node does not have it. */
  overflow: number | undefined;
}

export interface TreeRules {
  /** For messages. */
  name: string;
  /** Below 0, 0 or above it. */
  compareKeys(a: Slice, b: Slice): number;
  /** Whether nodes may be the records of databases. */
  mayHaveDatabases?: boolean;
  /** Left out where keys may have any size up to the largest. */
  keyBytes?: number;
  /** Called in the order of the keys. */
  onEntry?(entry: Entry): void;
}

export function compareBytes(a: Slice, b: Slice): number {
  return a.bytes.buffer.compare(b.bytes.buffer, b.start, b.end, a.start, a.end);
}

/** Keys of 64 bits. */
export function compareNumbers(a: Slice, b: Slice): number {
  return a.bytes.u64(a.start) - b.bytes.u64(b.start);
}

export function checkTree(tree: TreeFile, database: Database, rules: TreeRules): void {
  new TreeWalk(tree, database, rules).check();
}

class TreeWalk {
  readonly #tree: TreeFile;
  readonly #database: Database;
  readonly #rules: TreeRules;
  readonly #pageSize: number;
  readonly #mostKeyBytes: number;
  readonly #mostNodeBytes: number;
  /** By level, so that the pages that lead to a page stay. */
  readonly #pages: Bytes[] = [];
  readonly #overflowHead = new Bytes(PAGE_HEADER_BYTES);
  /** Of the page that is being checked: the size of the node that begins at each 2 bytes. */
  readonly #nodeSizes: Uint16Array;

  #branchPages = 0;
  #leafPages = 0;
  #overflowPages = 0;
  #entries = 0;

  constructor(tree: TreeFile, database: Database, rules: TreeRules) {
    this.#tree = tree;
    this.#database = database;
    this.#rules = rules;
    this.#pageSize = tree.pageSize;
    this.#mostKeyBytes = mostKeyBytes(tree.pageSize);
    this.#mostNodeBytes = mostNodeBytes(tree.pageSize);
    this.#nodeSizes = new Uint16Array(tree.pageSize / 2);
  }

  check(): void {
    const { root, depth } = this.#database;
    if (depth > MOST_LEVELS || (depth === 0) !== (root === undefined)) {
      this.#refuse(`has the depth ${depth} and the root ${root ?? 'of an empty tree'}`);
    }
    if (root !== undefined) this.#checkPage(root, 0, undefined, undefined);
    this.#checkCount('branch pages', this.#database.branchPages, this.#branchPages);
    this.#checkCount('leaf pages', this.#database.leafPages, this.#leafPages);
    this.#checkCount('overflow pages', this.#database.overflowPages, this.#overflowPages);
    this.#checkCount('entries', this.#database.entries, this.#entries);
  }

  #refuse(how: string): never {
    damaged(`The ${this.#rules.name} ${how}.`);
  }

  #checkCount(what: string, said: number, found: number): void {
    if (said !== found) this.#refuse(`has ${found} ${what} and says ${said}`);
  }

  /** `lower` is the least key that the page may have, `upper` above all that it may have. */
  #checkPage(
    page: number,
    level: number,
    lower: Slice | undefined,
    upper: Slice | undefined,
  ): void {
    const isLeaf = level === this.#database.depth - 1;
    const bytes = this.#readPage(page, level, isLeaf ? PageFlags.leaf : PageFlags.branch);
    const low = bytes.u16(20);
    const high = bytes.u16(22);
    const count = low / 2;
    if (low % 2 !== 0 || low > high || high > this.#pageSize - PAGE_HEADER_BYTES) {
      this.#refuse(`has the bounds ${low} and ${high} in page ${page}`);
    }
    if (count < (isLeaf ? 1 : 2)) this.#refuse(`has ${count} nodes in page ${page}`);
    if (isLeaf) {
      this.#leafPages++;
      this.#entries += count;
      this.#checkLeaf(bytes, page, count, high, lower, upper);
    } else {
      this.#branchPages++;
      this.#checkBranch(bytes, page, count, high, level, lower, upper);
    }
  }

  #readPage(page: number, level: number, flags: number): Bytes {
    const { file, claims } = this.#tree;
    claims.use(page, 1);
    this.#pages[level] ??= new Bytes(this.#pageSize);
    const bytes = this.#pages[level];
    if (!file.read(bytes, this.#pageSize, page * this.#pageSize)) {
      this.#refuse(`has page ${page} behind the end of the file`);
    }
    this.#checkHeader(bytes, page, flags);
    return bytes;
  }

  #checkHeader(bytes: Bytes, page: number, flags: number): void {
    if (bytes.u64(0) !== page || bytes.u16(18) !== flags) {
      this.#refuse(
        `has a page with the number ${bytes.u64(0)} and the flags ${bytes.u16(18)} as ` +
          `page ${page}, where those must be ${flags}`,
      );
    }
    // LMDB takes later ones for pages of the transaction that it is in.
    if (bytes.u64(8) > this.#tree.txnId) {
      this.#refuse(`has page ${page} of the later transaction ${bytes.u64(8)}`);
    }
  }

  #checkLeaf(
    bytes: Bytes,
    page: number,
    count: number,
    high: number,
    lower: Slice | undefined,
    upper: Slice | undefined,
  ): void {
    const entries: Entry[] = [];
    for (let i = 0; i < count; i++) {
      const start = this.#nodeStart(bytes, page, i, high);
      const entry = this.#readEntry(bytes, page, start);
      this.#noteNode(page, start, entry.data.end);
      entries.push(entry);
    }
    this.#checkNodes(page, count, high);
    let least = lower;
    for (const [i, { key }] of entries.entries()) {
      this.#checkOrder(page, least, key, i === 0);
      least = key;
    }
    if (least !== undefined && upper !== undefined) this.#checkOrder(page, least, upper, false);
    for (const entry of entries) {
      if (entry.overflow !== undefined) this.#checkOverflow(page, entry.overflow, entry);
      this.#rules.onEntry?.(entry);
    }
  }

  #checkBranch(
    bytes: Bytes,
    page: number,
    count: number,
    high: number,
    level: number,
    lower: Slice | undefined,
    upper: Slice | undefined,
  ): void {
    const children: { page: number; key: Slice }[] = [];
    for (let i = 0; i < count; i++) {
      const start = this.#nodeStart(bytes, page, i, high);
      // The key of the first child is never looked at, and is left out.
      const key = this.#readKey(bytes, page, start, i === 0);
      this.#noteNode(page, start, key.end);
      children.push({ page: bytes.u48(start), key });
    }
    this.#checkNodes(page, count, high);
    let least = lower;
    for (const [i, child] of children.entries()) {
      if (i > 0) {
        this.#checkOrder(page, least, child.key, least === lower);
        least = child.key;
      }
    }
    if (least !== undefined && upper !== undefined) this.#checkOrder(page, least, upper, false);
    for (const [i, child] of children.entries()) {
      const childLower = i === 0 ? lower : child.key;
      this.#checkPage(child.page, level + 1, childLower, children[i + 1]?.key ?? upper);
    }
  }

  /** Where a node begins in the page, its header being in the page too. */
  #nodeStart(bytes: Bytes, page: number, index: number, high: number): number {
    const offset = bytes.u16(PAGE_HEADER_BYTES + index * 2);
    const start = PAGE_HEADER_BYTES + offset;
    if (offset % 2 !== 0 || offset < high || start + NODE_HEADER_BYTES > this.#pageSize) {
      this.#refuse(`has a node at ${offset} in page ${page}`);
    }
    return start;
  }

  #readKey(bytes: Bytes, page: number, node: number, isLeftOut: boolean): Slice {
    const size = bytes.u16(node + 6);
    const start = node + NODE_HEADER_BYTES;
    const { keyBytes } = this.#rules;
    const isRight = isLeftOut
      ? size === 0
      : size > 0 && size <= this.#mostKeyBytes && (keyBytes === undefined || size === keyBytes);
    if (!isRight || start + size > this.#pageSize) {
      this.#refuse(`has a key of ${size} bytes in page ${page}`);
    }
    return { bytes, start, end: start + size };
  }

  #readEntry(bytes: Bytes, page: number, node: number): Entry {
    const size = bytes.u32(node);
    const flags = bytes.u16(node + 4);
    const key = this.#readKey(bytes, page, node, false);
    const isBig = flags === NodeFlags.bigData;
    const end = key.end + (isBig ? OVERFLOW_BYTES : size);
    if (end > this.#pageSize || end - node > this.#mostNodeBytes) {
      this.#refuse(`has a value of ${size} bytes in page ${page}`);
    }
    const data = { bytes, start: key.end, end };
    const overflow = isBig ? bytes.u64(key.end) : undefined;
    const isDatabase = flags === NodeFlags.subDatabase && this.#rules.mayHaveDatabases === true;
    if (!isBig && !isDatabase && flags !== NodeFlags.none) {
      this.#refuse(`has a node with the flags ${flags} in page ${page}`);
    }
    return { key, flags, size, data, overflow };
  }

  /** Remembers that a node begins at `start` and ends before `end`, of the page's bytes. */
  #noteNode(page: number, start: number, end: number): void {
    const at = (start - PAGE_HEADER_BYTES) / 2;
    if (this.#nodeSizes[at] !== 0) this.#refuse(`has a node twice in page ${page}`);
    this.#nodeSizes[at] = Math.ceil((end - start) / 2);
  }

  /** From `high` to the end of the page one node follows the other: LMDB moves them about by that. */
  #checkNodes(page: number, count: number, high: number): void {
    const end = (this.#pageSize - PAGE_HEADER_BYTES) / 2;
    let at = high / 2;
    for (let i = 0; i < count; i++) {
      const size = at < end ? (this.#nodeSizes[at] ?? 0) : 0;
      if (size === 0) this.#refuse(`has nodes that overlap in page ${page}`);
      this.#nodeSizes[at] = 0;
      at += size;
    }
    if (at !== end) this.#refuse(`has ${(end - at) * 2} bytes between nodes in page ${page}`);
  }

  #checkOrder(page: number, least: Slice | undefined, key: Slice, mayBeEqual: boolean): void {
    if (least === undefined) return;
    const order = this.#rules.compareKeys(least, key);
    if (order > 0 || (order === 0 && !mayBeEqual)) {
      this.#refuse(`has keys out of order in page ${page}`);
    }
  }

  #checkOverflow(page: number, first: number, { size, data }: Entry): void {
    const { file, claims } = this.#tree;
    const count = data.bytes.u64(data.start + 16);
    if (count < overflowPages(size, this.#pageSize)) {
      this.#refuse(`has a value of ${size} bytes in ${count} overflow pages, in page ${page}`);
    }
    claims.use(first, count);
    this.#overflowPages += count;
    const head = this.#overflowHead;
    if (!file.read(head, PAGE_HEADER_BYTES, first * this.#pageSize)) {
      this.#refuse(`has overflow page ${first} behind the end of the file`);
    }
    this.#checkHeader(head, first, PageFlags.overflow);
    if (head.u32(20) !== count) {
      this.#refuse(
        `has a run of ${head.u32(20)} overflow pages at ${first}, where it takes ${count}`,
      );
    }
  }
}
