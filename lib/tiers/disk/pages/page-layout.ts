// Where what lies in the pages of LMDB's data format 2, as lmdb 3.5 writes it (liblmdb/mdb.c: MDB_page,
// MDB_node, MDB_db, MDB_meta), on 64-bit machines. Numbers are little-endian, as on every machine that
// lmdb is published for; a file of another byte order is no LMDB file here.
//
// Every page of a tree, every meta page, and the first page of an overflow run begins with a header:
//
//    0        8        16    18      20      22      24
//    | number | txn id | pad | flags | lower | upper | nodes or data ...
//                                    | overflow: run |          run: pages, 32 bits
//
// Pages 0 and 1 are the meta pages:
//
//    24      28        32        40         48         96         144         152      160
//    | magic | version | address | map size | free db  | main db  | last page | txn id | boot id |
//
// A database, in a meta page or as the data of a node of the main database; the pad of the free
// database holds the page size:
//
//    0     4       6       8              16           24               32        40
//    | pad | flags | depth | branch pages | leaf pages | overflow pages | entries | root |
//
// Branch and leaf pages have offsets of nodes, sorted by key, which grow upwards, and nodes in any
// order, which grow downwards without gaps. All of these count from the end of the header:
//
//    0                            lower        upper                      page size - 24
//    | offset, 16 bits | offset | ... | unused | node | node | node | ... |
//
//    node of a leaf:    | data size, 32 bits | flags, 16 | key size, 16 | key | data     |
//    with big data:     | data size, 32 bits | flags, 16 | key size, 16 | key | overflow |
//    node of a branch:  | number of the child page, 48   | key size, 16 | key |
//    overflow:          | first page, 64 | txn id, 64 | pages, 64 |
//
// A node begins at an even offset and is padded to an even size.

/** "0xBEEFC0DE", at the start of a meta. */
export const MAGIC = 0xbeefc0de;
/** The data format that lmdb 3.5 reads and writes. */
export const FORMAT_VERSION = 2;

export const PAGE_HEADER_BYTES = 24;
export const META_PAGES = 2;
/** Of a meta page, from the page's start. */
export const META_END = 168;
export const DATABASE_BYTES = 48;
export const NODE_HEADER_BYTES = 8;
export const OVERFLOW_BYTES = 24;

/** Sizes that LMDB takes from an operating system, in bytes; powers of 2. */
export const SMALLEST_PAGE = 4096;
export const LARGEST_PAGE = 65536;

/** The cursor's stack: a deeper tree is refused by LMDB (CURSOR_STACK). */
export const MOST_LEVELS = 32;

/** Beyond this lmdb's buffer for keys would overflow, whatever LMDB takes (MAX_KEY_SIZE in open.js). */
const MOST_KEY_BYTES = 4026;

export const PageFlags = { branch: 1, leaf: 2, overflow: 4, meta: 8 } as const;
export const NodeFlags = { none: 0, bigData: 1, subDatabase: 2 } as const;
/** Of a database: of all that there are, the free database has this one. */
export const INTEGER_KEY = 8;
/** Of the free database: all that say how its entries are stored, and encryption. */
export const LAYOUT_FLAGS = 0x20ff;

/** Largest node of a tree, in bytes (me_nodemax): two of them fit a page with their offsets. */
export function mostNodeBytes(pageSize: number): number {
  return (((pageSize - PAGE_HEADER_BYTES) / 2) & -2) - 2;
}

/** Largest key, in bytes: LMDB's (me_maxkey), or lmdb's, whichever is less. */
export function mostKeyBytes(pageSize: number): number {
  return Math.min(mostNodeBytes(pageSize) - NODE_HEADER_BYTES - DATABASE_BYTES, MOST_KEY_BYTES);
}

/** Pages of an overflow run that holds so many bytes of data. */
export function overflowPages(bytes: number, pageSize: number): number {
  return Math.ceil((PAGE_HEADER_BYTES + bytes) / pageSize);
}

/** Bytes of a page or of a part of one, which are also read as numbers. */
export class Bytes {
  readonly buffer: Buffer;
  readonly #view: DataView;

  constructor(size: number) {
    this.buffer = Buffer.alloc(size);
    this.#view = new DataView(this.buffer.buffer, this.buffer.byteOffset, size);
  }

  u16(at: number): number {
    return this.#view.getUint16(at, true);
  }

  u32(at: number): number {
    return this.#view.getUint32(at, true);
  }

  u48(at: number): number {
    return this.u16(at + 4) * 2 ** 32 + this.u32(at);
  }

  /** Exact up to 2^53, and above that for every number that is large enough to be out of range. */
  u64(at: number): number {
    return this.u32(at + 4) * 2 ** 32 + this.u32(at);
  }

  /** Exact between -2^53 and 2^53. */
  i64(at: number): number {
    return this.#view.getInt32(at + 4, true) * 2 ** 32 + this.u32(at);
  }

  /** Whether all 64 bits are set: the root of an empty tree. */
  isNoPage(at: number): boolean {
    return this.u32(at) === 0xffffffff && this.u32(at + 4) === 0xffffffff;
  }
}

/** What LMDB knows of one tree. */
export interface Database {
  pad: number;
  flags: number;
  depth: number;
  branchPages: number;
  leafPages: number;
  overflowPages: number;
  entries: number;
  /** Undefined for an empty tree. */
  root: number | undefined;
}

export function readDatabase(bytes: Bytes, at: number): Database {
  return {
    pad: bytes.u32(at),
    flags: bytes.u16(at + 4),
    depth: bytes.u16(at + 6),
    branchPages: bytes.u64(at + 8),
    leafPages: bytes.u64(at + 16),
    overflowPages: bytes.u64(at + 24),
    entries: bytes.u64(at + 32),
    root: bytes.isNoPage(at + 40) ? undefined : bytes.u64(at + 40),
  };
}
