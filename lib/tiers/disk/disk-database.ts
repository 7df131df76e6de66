// The database of the disk tier: LMDB, by the package lmdb.
//
//     entries    sequence (16 bytes)  -> entry     in the order in which they were put
//     index      key                  -> sequence
//     counters   writer's id, 'all'   -> its counters, those of all before; JSON
//     about      'format'             -> ENTRY_FORMAT, text
//
// As new entries go to one end and eviction takes them from the other, freed pages lie side by side and
// are used again; the file does not shrink, and hardly grows beyond what is in it.

import { fdatasync } from 'node:fs';
import { createRequire } from 'node:module';
import { promisify } from 'node:util';
import type { Database, RootDatabase } from 'lmdb';
import { ENTRY_FORMAT } from '../entry.js';
import { DataWatch } from './data-watch.js';
import { addUp } from './disk-counters.js';
import { DiskError } from './disk-error.js';

/** Sequences are fixed in size: time in ms, a counter, and who wrote it. */
const SEQUENCE_BYTES = 16;
export const WRITER_BYTES = 6;
/** Address space, not memory; LMDB extends it where it must. */
const LEAST_MAP_BYTES = 64 * 1024 * 1024;

/** In place of a writer's id. */
const MERGED = Buffer.from('all');

type Bytes = Database<Buffer, Buffer>;

/** What is written at once. */
export interface Batch {
  /** Entries to be put in place of what is there; undefined to delete it. */
  changes: readonly { key: Buffer; entry: Buffer | undefined }[];
  /** What is evicted. */
  evicted: readonly { key: Buffer | undefined; sequence: Buffer }[];
  /** Of this writer, in place of what it wrote before; JSON. */
  counters?: string;
}

/** An entry and where it lies, for eviction. */
export interface PlacedEntry {
  sequence: Buffer;
  entry: Buffer;
}

export interface DatabaseSize {
  entries: number;
  /** Bytes of the pages in use. */
  usedBytes: number;
  fileBytes: number;
}

export class DiskDatabase {
  readonly #root: RootDatabase<Buffer, Buffer>;
  readonly #entries: Bytes;
  readonly #index: Bytes;
  readonly #counters: Bytes;
  readonly #watch: DataWatch;
  readonly #writer: Buffer;
  #count = 0;

  /** `writerId` has WRITER_BYTES, and no other writer's. Throws a DiskError, or what LMDB or the system does. */
  constructor(folder: string, maxBytes: number, writerId: Buffer) {
    this.#writer = writerId;
    this.#root = loadLmdb().open<Buffer, Buffer>({
      path: folder,
      noSubdir: false,
      encoding: 'binary',
      keyEncoding: 'binary',
      // What a kill leaves is whole; what a power cut leaves is looked at before it is used again.
      noSync: true,
      overlappingSync: false,
      eventTurnBatching: false,
      maxDbs: 8,
      mapSize: Math.max(LEAST_MAP_BYTES, 2 ** Math.ceil(Math.log2(maxBytes * 4))),
      // The package's types do not know it.
      ...{ permissionsMode: 0o600 },
    });
    try {
      this.#watch = new DataWatch(folder);
      // In one transaction: each has to wait for others who write.
      const opened = this.#root.transactionSync(() => {
        checkFormat(this.#open('about'));
        return (['entries', 'index', 'counters'] as const).map((name) => this.#open(name));
      });
      [this.#entries, this.#index, this.#counters] = opened as [Bytes, Bytes, Bytes];
    } catch (error) {
      void this.#root.close();
      throw error;
    }
  }

  /** The entry's bytes, valid until the next read. */
  read(key: Buffer): Buffer | undefined {
    this.#watch.check();
    const sequence = readBytes(this.#index, key);
    return sequence && readBytes(this.#entries, Buffer.from(sequence));
  }

  /** Whether it has an entry; it may be one that cannot be read any more. */
  has(key: Buffer): boolean {
    this.#watch.check();
    return readBytes(this.#index, key) !== undefined;
  }

  /** Writes and commits, to the system's memory: `sync` brings it to the disk. */
  write(batch: Batch): void {
    this.#watch.checkPlaces();
    this.#root.transactionSync(() => this.#apply(batch));
    this.#watch.check();
  }

  /** The same in LMDB's own thread; resolves when it is committed. */
  async writeLater(batch: Batch): Promise<void> {
    this.#watch.checkPlaces();
    try {
      await this.#root.batch(() => this.#apply(batch));
    } catch (error) {
      throw await causeOf(error);
    }
  }

  /** Keys that begin with the prefix. */
  keysFrom(prefix: Buffer): Buffer[] {
    this.#watch.check();
    const keys: Buffer[] = [];
    for (const key of this.#index.getKeys({ start: prefix })) {
      if (!key.subarray(0, prefix.length).equals(prefix)) break;
      keys.push(Buffer.from(key));
    }
    return keys;
  }

  /** Entries in the order in which they were put, from the sequence on, or from the first. */
  placedFrom(sequence: Buffer | undefined, limit: number): PlacedEntry[] {
    this.#watch.check();
    const range = this.#entries.getRange({ start: sequence, limit });
    return [...range].map(({ key, value }) => ({ sequence: key, entry: value }));
  }

  size(): DatabaseSize {
    this.#watch.check();
    let pages = 2;
    const all = [this.#root, this.#entries, this.#index, this.#counters];
    for (const each of all) {
      const stats = each.getStats() as Record<string, number>;
      pages += stats.treeBranchPageCount! + stats.treeLeafPageCount! + stats.overflowPages!;
    }
    const { pageSize, entryCount } = this.#entries.getStats() as Record<string, number>;
    return { entries: entryCount!, usedBytes: pages * pageSize!, fileBytes: this.#watch.size };
  }

  /** So that pages can be used again that killed processes had in view. */
  forgetDeadReaders(): void {
    // The package's types do not know it.
    (this.#root as unknown as { readerCheck(): number }).readerCheck();
  }

  clear(): void {
    this.#watch.checkPlaces();
    this.#root.transactionSync(() => {
      for (const each of [this.#entries, this.#index]) each.clearSync();
    });
  }

  /** Of all who ever wrote them. */
  counters(): string[] {
    this.#watch.check();
    return [...this.#counters.getRange()].map(({ value }) => value.toString());
  }

  /** Makes one of the counters of writers that are gone. To be called with nobody else at the file. */
  mergeCounters(): void {
    this.#watch.check();
    const gone = [...this.#counters.getRange()].filter(({ key }) => !key.equals(this.#writer));
    if (gone.length < 2) return;
    const sum = JSON.stringify(addUp(gone.map(({ value }) => value.toString())));
    this.#root.transactionSync(() => {
      for (const { key } of gone) void this.#counters.remove(key);
      void this.#counters.put(MERGED, Buffer.from(sum));
    });
  }

  /** What is committed is on the disk when it resolves. */
  async sync(): Promise<void> {
    this.#watch.check();
    await promisify(fdatasync)(this.#watch.fd);
  }

  /** Whether its file is the one in the folder. */
  isInPlace(): boolean {
    return this.#watch.isInPlace();
  }

  /** Throws a DiskError where the files are not what they were. */
  check(): void {
    this.#watch.checkPlaces();
  }

  close(): void {
    void this.#root.close();
    this.#watch.close();
  }

  #open(name: string): Bytes {
    return this.#root.openDB<Buffer, Buffer>({ name, encoding: 'binary', keyEncoding: 'binary' });
  }

  #apply({ changes, evicted, counters }: Batch): void {
    if (counters !== undefined) void this.#counters.put(this.#writer, Buffer.from(counters));
    for (const { key, sequence } of evicted) this.#evict(key, sequence);
    for (const { key, entry } of changes) this.#change(key, entry);
  }

  #evict(key: Buffer | undefined, sequence: Buffer): void {
    void this.#entries.remove(sequence);
    if (key !== undefined && readBytes(this.#index, key)?.equals(sequence)) {
      void this.#index.remove(key);
    }
  }

  #change(key: Buffer, entry: Buffer | undefined): void {
    const before = readBytes(this.#index, key);
    if (before !== undefined) void this.#entries.remove(Buffer.from(before));
    if (entry === undefined) {
      void this.#index.remove(key);
    } else {
      const sequence = this.#nextSequence();
      void this.#entries.put(sequence, entry);
      void this.#index.put(key, sequence);
    }
  }

  #nextSequence(): Buffer {
    const sequence = Buffer.allocUnsafe(SEQUENCE_BYTES);
    sequence.writeUIntBE(Date.now(), 0, 6);
    sequence.writeUInt32BE(this.#count++ >>> 0, 6);
    this.#writer.copy(sequence, 10);
    return sequence;
  }
}

type Lmdb = typeof import('lmdb');
let lmdb: Lmdb | undefined;

/** Loaded when it is needed: a cache without a disk tier needs no binary of it. */
function loadLmdb(): Lmdb {
  try {
    lmdb ??= createRequire(import.meta.url)('lmdb') as Lmdb;
    return lmdb;
  } catch (cause) {
    throw new DiskError(
      'unsupported',
      `The package lmdb cannot be loaded on ${process.platform} ${process.arch}. Install it with its ` +
        'optional dependencies, or turn the disk tier off by maxDiskSizeMb: 0.',
      { cause },
    );
  }
}

/** The package gives a buffer that is longer than what was read. */
function readBytes(database: Bytes, key: Buffer): Buffer | undefined {
  const bytes = database.getBinaryFast(key);
  return bytes?.subarray(0, bytes.length);
}

function checkFormat(about: Bytes): void {
  const key = Buffer.from('format');
  const found = about.get(key)?.toString();
  if (found === undefined) {
    about.transactionSync(() => void about.put(key, Buffer.from(`${ENTRY_FORMAT}`)));
  } else if (found !== `${ENTRY_FORMAT}`) {
    throw new DiskError(
      'foreign',
      `The disk tier's file has format ${found.slice(0, 20)}; this version knows ${ENTRY_FORMAT}. Use the ` +
        'version that wrote it, choose another cacheDir, or clear the cache.',
    );
  }
}

/** The package rejects with an error whose cause is a promise of its own, which must be heard. */
async function causeOf(error: unknown): Promise<unknown> {
  const { commitError } = error as { commitError?: Promise<unknown> };
  if (!(commitError instanceof Promise)) return error;
  // It does not settle where the transaction could not begin.
  const cause = commitError.then(
    () => error,
    (reason) => reason,
  );
  return Promise.race([cause, new Promise((resolve) => setImmediate(resolve, error))]);
}
