// The two meta pages. A transaction writes the one that its number is even or odd for, so the one with
// the larger number is the file's state, and the other the one before. LMDB looks at no more than the
// magic, the version and the flags of page 0, takes the page size from there to find page 1, and goes on
// with the state whose number is larger. Of the other it keeps nothing: the next transaction writes over
// it. Both are checked alike, because what is odd in either was not written by LMDB.

import { damaged, PageFault, type PageFile } from './page-file.js';
import {
  Bytes,
  type Database,
  FORMAT_VERSION,
  INTEGER_KEY,
  LARGEST_PAGE,
  LAYOUT_FLAGS,
  MAGIC,
  META_END,
  META_PAGES,
  PAGE_HEADER_BYTES,
  PageFlags,
  readDatabase,
  SMALLEST_PAGE,
} from './page-layout.js';

/** The state of the file that LMDB goes on with. */
export interface Meta {
  pageSize: number;
  free: Database;
  main: Database;
  lastPage: number;
  /** Number of the transaction that wrote it; 0 for a file that none has written to. */
  txnId: number;
}

const MAGIC_AT = PAGE_HEADER_BYTES;
/** Of format 1, whose header has no transaction. */
const OLD_MAGIC_AT = 16;
const VERSION_BYTES = 4;

export function readMeta(file: PageFile): Meta {
  const bytes = new Bytes(META_END);
  const first = readMetaPage(file, bytes, 0, 0);
  const { pageSize } = first;
  if (
    pageSize < SMALLEST_PAGE ||
    pageSize > LARGEST_PAGE ||
    !Number.isInteger(Math.log2(pageSize))
  ) {
    damaged(`Meta page 0 says that pages have ${pageSize} bytes.`);
  }
  const second = readMetaPage(file, bytes, 1, pageSize);
  if (second.pageSize !== pageSize) {
    damaged(`Meta page 0 says that pages have ${pageSize} bytes, page 1 ${second.pageSize}.`);
  }
  const chosen = second.txnId > first.txnId ? 1 : 0;
  const meta = chosen === 1 ? second : first;
  // LMDB looks for it again by its number, and every later transaction counts on from there.
  if (!Number.isSafeInteger(meta.txnId) || meta.txnId % META_PAGES !== chosen) {
    damaged(`Meta page ${chosen} has the transaction ${meta.txnId}.`);
  }
  if (first.txnId === second.txnId && meta.txnId !== 0) {
    damaged(`Both meta pages have the transaction ${meta.txnId}.`);
  }
  return meta;
}

function readMetaPage(file: PageFile, bytes: Bytes, index: number, position: number): Meta {
  const isRead = file.read(bytes, META_END, position);
  if (!isRead || bytes.u32(MAGIC_AT) !== MAGIC) {
    if (index === 0) refuseWithoutMagic(file, isRead ? bytes : new Bytes(META_END));
    damaged(`Meta page ${index} has no magic number.`);
  }
  const version = bytes.u32(MAGIC_AT + VERSION_BYTES);
  if (version !== FORMAT_VERSION) {
    throw new PageFault('foreign', `It is an LMDB file of the format ${version}.`);
  }
  if (bytes.u64(0) !== index || bytes.u16(18) !== PageFlags.meta) {
    damaged(`Meta page ${index} has the number ${bytes.u64(0)} and the flags ${bytes.u16(18)}.`);
  }
  const free = readDatabase(bytes, 48);
  // LMDB asks page 0 whether the file is encrypted, whichever page counts, and lmdb dies of the refusal.
  if ((free.flags & LAYOUT_FLAGS) !== INTEGER_KEY) {
    damaged(`Meta page ${index} has the flags ${free.flags}.`);
  }
  return {
    pageSize: free.pad,
    free,
    main: readDatabase(bytes, 96),
    lastPage: bytes.u64(144),
    txnId: bytes.u64(152),
  };
}

/** Page 0 may be what is damaged, and page 1 tell that it is. */
function refuseWithoutMagic(file: PageFile, first: Bytes): never {
  if (first.u32(OLD_MAGIC_AT) === MAGIC) {
    const version = first.u32(OLD_MAGIC_AT + VERSION_BYTES);
    throw new PageFault('foreign', `It is an LMDB file of the format ${version}.`);
  }
  const second = new Bytes(META_END);
  for (let size = SMALLEST_PAGE; size <= LARGEST_PAGE; size *= 2) {
    if (file.read(second, META_END, size) && second.u32(MAGIC_AT) === MAGIC) {
      damaged('Meta page 0 has no magic number.');
    }
  }
  // A power cut can leave a file of zeros, which is nobody's work.
  if (file.bytes >= META_END && first.buffer.every((byte) => byte === 0)) {
    damaged('It begins with zeros.');
  }
  throw new PageFault('foreign', 'It is no LMDB file.');
}
