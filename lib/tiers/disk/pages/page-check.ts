// Whether LMDB can be trusted with a file. It maps its file and believes what it finds there: a page
// that was zeroed, cut off or written over makes it read and write outside its memory, which ends the
// process. So all that it relies on when it reads, writes, allocates and frees is checked before, which
// are all pages but the bodies of values.
//
// A process that was killed leaves a file that passes: pages that its last complete state does not have
// may hold anything.

import { fstatSync } from 'node:fs';
import { FreeList, ID_BYTES } from './free-list.js';
import { PageClaims } from './page-claims.js';
import { damaged, type FaultKind, PageFault, PageFile } from './page-file.js';
import {
  Bytes,
  DATABASE_BYTES,
  type Database,
  NodeFlags,
  PAGE_HEADER_BYTES,
  readDatabase,
} from './page-layout.js';
import { readMeta } from './page-meta.js';
import { checkTree, compareBytes, compareNumbers, type Entry, type TreeFile } from './page-tree.js';

export interface SoundPages {
  ok: true;
  /** Bytes of a page. */
  pageSize: number;
  /** Pages that LMDB counts, both meta pages and free ones included; the file may have more or fewer. */
  pages: number;
  /** Those of `pages` that LMDB may use again. */
  freePages: number;
  /** In all databases, without the records of the databases themselves. */
  entries: number;
  /** Named databases. */
  databases: number;
  /** Number of the last transaction; 0 where there was none. */
  txnId: number;
}

export interface UnsoundPages {
  ok: false;
  kind: FaultKind;
  /** A sentence. */
  reason: string;
}

export type PageCheck = SoundPages | UnsoundPages;

export type MagicCheck = { ok: true } | UnsoundPages;

/** Pages that the file may lack at its end: more than one transaction can have allocated and freed. */
const MOST_MISSING_PAGES = 131_072;

/** Bytes that are read at once of a list of free pages. */
const LIST_PART_BYTES = 65_536;

/**
 * Checks the file of LMDB, format 2, that is open for reading as `fd`, for use without duplicates,
 * versions, encryption, integer and reversed keys. Nobody may write to it meanwhile, nor between the
 * check and LMDB's opening it. Each page is read once, and a bit of memory taken for each.
 *
 * Never throws for what the file holds. An error of the system (EIO, EBADF, EISDIR) is thrown as it is.
 */
export function checkPages(fd: number): PageCheck {
  return orFault(() => checkFile(openFile(fd)));
}

/** Checks the meta pages alone, which others may write to meanwhile. Throws as checkPages does. */
export function checkMagic(fd: number): MagicCheck {
  return orFault(() => {
    readMeta(openFile(fd));
    return { ok: true };
  });
}

function orFault<T>(check: () => T): T | UnsoundPages {
  try {
    return check();
  } catch (error) {
    if (!(error instanceof PageFault)) throw error;
    return { ok: false, kind: error.kind, reason: error.message };
  }
}

function openFile(fd: number): PageFile {
  const { size } = fstatSync(fd);
  if (size === 0) throw new PageFault('empty', 'It is empty.');
  return new PageFile(fd, size);
}

function checkFile(file: PageFile): SoundPages {
  const meta = readMeta(file);
  const { pageSize, txnId, lastPage } = meta;
  const filePages = Math.floor(file.bytes / pageSize);
  // A bit of memory for each.
  if (lastPage < 1 || lastPage >= 2 * filePages + MOST_MISSING_PAGES) {
    damaged(`The last page is ${lastPage}, and the file has ${filePages} pages.`);
  }
  const claims = new PageClaims(lastPage, filePages);
  const tree = { file, pageSize, txnId, claims };
  const { databases, entries } = checkMain(tree, meta.main);
  const freePages = checkFree(tree, meta.free);
  claims.checkMissing();
  return { ok: true, pageSize, pages: lastPage + 1, freePages, entries, databases, txnId };
}

/** The main database has the records of the named ones, and may have values of its own. */
function checkMain(tree: TreeFile, main: Database): Pick<SoundPages, 'databases' | 'entries'> {
  checkPlain('main database', main);
  let databases = 0;
  let entries = main.entries;
  checkTree(tree, main, {
    name: 'main database',
    mayHaveDatabases: true,
    compareKeys: compareBytes,
    onEntry: ({ flags, data }) => {
      if (flags !== NodeFlags.subDatabase) return;
      if (data.end - data.start !== DATABASE_BYTES) {
        damaged(`A database has a record of ${data.end - data.start} bytes.`);
      }
      databases++;
      const database = readDatabase(data.bytes, data.start);
      checkPlain('named database', database);
      checkTree(tree, database, { name: 'named database', compareKeys: compareBytes });
      entries += database.entries - 1;
    },
  });
  return { databases, entries };
}

/** How LMDB reads and compares entries follows from the flags. */
function checkPlain(name: string, { flags, pad }: Database): void {
  if (flags !== 0 || pad !== 0)
    damaged(`The ${name} has the flags ${flags} and keys of ${pad} bytes.`);
}

/** The keys of the free database are transactions; the count of the pages that its entries list. */
function checkFree(tree: TreeFile, free: Database): number {
  const part = new Bytes(LIST_PART_BYTES);
  let pages = 0;
  checkTree(tree, free, {
    name: 'free database',
    compareKeys: compareNumbers,
    keyBytes: ID_BYTES,
    onEntry: (entry) => {
      const txnId = entry.key.bytes.u64(entry.key.start);
      if (txnId < 1 || txnId > tree.txnId)
        damaged(`Pages are free since the transaction ${txnId}.`);
      pages += checkList(tree, entry, part);
    },
  });
  return pages;
}

function checkList({ file, pageSize, claims }: TreeFile, entry: Entry, part: Bytes): number {
  const list = new FreeList(claims, entry.size);
  if (entry.overflow === undefined) {
    list.add(entry.data.bytes, entry.data.start, entry.data.end);
    return list.finish();
  }
  const start = entry.overflow * pageSize + PAGE_HEADER_BYTES;
  for (let done = 0; done < entry.size; done += LIST_PART_BYTES) {
    const bytes = Math.min(LIST_PART_BYTES, entry.size - done);
    if (!file.read(part, bytes, start + done)) damaged('A list of free pages is cut off.');
    list.add(part, 0, bytes);
  }
  return list.finish();
}
