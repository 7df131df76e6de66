import { randomBytes } from 'node:crypto';
import { inRootContext } from '../../root-context.js';
import { decodeEntry, encodeEntry, type StoredRecord } from '../entry.js';
import { DiskClock } from './disk-clock.js';
import type { Counters } from './disk-counters.js';
import { type DiskDatabase, WRITER_BYTES } from './disk-database.js';
import { DiskError, toDiskError } from './disk-error.js';
import { diskKey, diskKeyPrefix } from './disk-key.js';
import { type ClosedState, type OpenedDisk, openDisk } from './disk-open.js';
import { DiskWriter } from './disk-writer.js';
import { RecentlyUsed } from './recently-used.js';

const MIB = 1024 * 1024;
/** Larger ones stay out: the database hands them over by other means. */
const MAX_ENTRY_BYTES = 8 * MIB;
/** Nor may one entry be more than so much of the budget. */
const MAX_ENTRY_SHARE = 1 / 32;
/** After trouble, the tier is tried again after so long, ms. */
const RETRY_MS = 10_000;
/** How long the first opening waits for another process that looks at the files, ms; no later one waits. */
const PATIENCE_MS = 2000;
/** Deletes that are kept until then; with more of them, all that is on disk is forgotten. */
const MOST_DELETES = 10_000;

export interface DiskTierOptions {
  /** Made where it is not there. */
  folder: string;
  /** Budget of the file, bytes. */
  maxBytes: number;
  /** Whether the memory tier has the key: then it is in use. */
  isInMemory(key: string): boolean;
  /** Called when the tier goes out of use, or had to start anew. */
  onTrouble(error: DiskError): void;
  onRecovery(): void;
  /** What is to be left on disk for other processes to read; asked for every two seconds. */
  counters(): Counters;
}

export interface DiskTierStats {
  /** Whether it is in use now. */
  available: boolean;
  entries: number;
  /** Of the file. */
  bytes: number;
  /** Reads and writes that failed, and entries that were not what was written. */
  errors: number;
  evictions: number;
  expirations: number;
  /** Entries that were not written, because too many waited or the disk took none. */
  drops: number;
  /** Entries that wait to be written. */
  pending: number;
}

/**
 * Records on disk, shared by all processes that use the folder. It writes behind the caller, and never
 * throws: what fails is counted, told once, a miss or a drop, and the tier is tried again later.
 */
export class DiskTier {
  readonly #options: DiskTierOptions;
  readonly #used: RecentlyUsed;
  readonly #writer: DiskWriter;
  #disk: OpenedDisk | undefined;
  #retryAt = 0;
  #inTrouble = false;
  #hasToldOfDamage = false;
  /** Whether what is on disk may be older than what was put since, or is to be forgotten. */
  #isOutdated = false;
  #errors = 0;
  #closed = false;
  readonly #writerId = randomBytes(WRITER_BYTES);

  constructor(options: DiskTierOptions) {
    this.#options = options;
    this.#used = new RecentlyUsed(options.isInMemory);
    const clock = new DiskClock(options.maxBytes, (key) => this.#used.take(key.toString()));
    this.#writer = new DiskWriter({
      clock,
      maxBytes: options.maxBytes,
      database: () => this.#database(),
      counters: options.counters,
      onWritten: () => this.#recover(),
      onFailure: (error) => this.#onWriteFailure(error),
    });
    this.#open({ patienceMs: PATIENCE_MS });
  }

  /** The record, in bytes that are valid until the next call; none that has expired. */
  get(key: string): StoredRecord | undefined {
    const stored = this.#use((database) => this.#read(database, key));
    if (stored === undefined || stored.expiresAt > Date.now()) return stored;
    this.#writer.delete(key);
    return undefined;
  }

  has(key: string): boolean {
    const pending = this.#writer.pending(key);
    if (pending !== undefined) return pending.entry !== undefined;
    return this.#use((database) => database.has(diskKey(key))) ?? false;
  }

  /** Bytes of a record that it takes at most. */
  get largestRecord(): number {
    return Math.min(MAX_ENTRY_BYTES, this.#options.maxBytes * MAX_ENTRY_SHARE);
  }

  /** Queues a copy of the record; false when the tier does not take it. */
  put(key: string, stored: StoredRecord): boolean {
    if (this.#database() === undefined || stored.record.length > this.largestRecord) return false;
    return this.#writer.put(key, encodeEntry(diskKey(key), stored));
  }

  /** Of a tier that is out of use, as soon as it is in use again. */
  delete(key: string): void {
    if (this.#isOutdated) return;
    const isKept = this.#database() !== undefined || this.#writer.size < MOST_DELETES;
    if (isKept && this.#writer.delete(key)) return;
    this.#writer.forget();
    this.#isOutdated = true;
    this.#shut('unsure');
  }

  /** delete, where there is something to be deleted, or may be; true when there was. */
  forget(key: string): boolean {
    const wasThere = this.has(key);
    if (wasThere || this.#disk === undefined) this.delete(key);
    return wasThere;
  }

  /** The tiers that the file has records of, there or on their way. */
  tiersOf(path: string): string[] {
    const prefix = diskKeyPrefix(path);
    const keys = this.#use((database) => database.keysFrom(prefix)) ?? [];
    const tiers = new Set(keys.map((key) => key.subarray(prefix.length).toString()));
    for (const key of this.#writer.pendingKeys()) {
      if (key.startsWith(`${path}\0`)) tiers.add(key.slice(path.length + 1));
    }
    return [...tiers];
  }

  /** Forgets all records, and starts with new files where nobody else uses the folder. */
  clear(): void {
    this.#writer.forget();
    this.#used.clear();
    this.#shut();
    this.#isOutdated = true;
    this.#open({ anew: true });
  }

  /** Resolves when all that was put is on the disk; false where some of it is not. */
  async flush(): Promise<boolean> {
    return this.#writer.flush();
  }

  stats(): DiskTierStats {
    const size = this.#use((database) => database.size());
    const { drops, evictions, expirations } = this.#writer;
    return {
      available: size !== undefined,
      entries: size?.entries ?? 0,
      bytes: size?.fileBytes ?? 0,
      errors: this.#errors,
      evictions,
      expirations,
      drops,
      pending: this.#writer.size,
    };
  }

  /** Writes what waits, and lets go of the folder. */
  close(): void {
    if (this.#closed) return;
    const late = this.#writer.close();
    const disk = this.#disk;
    this.#closed = true;
    if (late === undefined) {
      this.#shut();
    } else {
      this.#disk = undefined;
      const close = () => disk?.close('unsure');
      late.then(close, close);
    }
  }

  #read(database: DiskDatabase, key: string): StoredRecord | undefined {
    const pending = this.#writer.pending(key);
    const keyBytes = diskKey(key);
    const bytes = pending === undefined ? database.read(keyBytes) : pending.entry;
    if (bytes === undefined) return undefined;
    const stored = decodeEntry(bytes, keyBytes);
    if (stored === undefined) this.#dropDamaged(key);
    else this.#used.add(key);
    return stored;
  }

  #dropDamaged(key: string): void {
    this.#errors++;
    this.#writer.delete(key);
    if (this.#hasToldOfDamage) return;
    this.#hasToldOfDamage = true;
    this.#options.onTrouble(
      new DiskError(
        'damaged',
        'An entry of the disk tier is not what was written. It was deleted.',
      ),
    );
  }

  /** Undefined where the tier is out of use. */
  #database(): DiskDatabase | undefined {
    if (this.#disk === undefined && Date.now() >= this.#retryAt) this.#open();
    return this.#disk?.database;
  }

  #use<T>(operate: (database: DiskDatabase) => T): T | undefined {
    const database = this.#database();
    if (database === undefined) return undefined;
    try {
      return operate(database);
    } catch (error) {
      this.#fail(error);
      return undefined;
    }
  }

  #open(how: { anew?: boolean; patienceMs?: number } = {}): void {
    if (this.#closed) return;
    const { folder, maxBytes } = this.#options;
    try {
      const disk = inRootContext(() =>
        openDisk({ folder, maxBytes, writerId: this.#writerId, ...how }),
      );
      this.#disk = disk;
      if (this.#isOutdated) disk.database.clear();
      this.#isOutdated = false;
      if (disk.rebuilt !== undefined) this.#tell(disk.rebuilt);
      // It may have been told to somebody who shut the cache down.
      if (this.#closed) return;
      this.#writer.resume();
      this.#recover();
    } catch (error) {
      this.#fail(error);
    }
  }

  /** A write that failed leaves what is there to be read, unless the files themselves are amiss. */
  #onWriteFailure(error: unknown): void {
    if (error instanceof DiskError) {
      this.#fail(error);
    } else {
      this.#errors++;
      this.#tell(toDiskError(error));
    }
  }

  #fail(error: unknown): void {
    this.#errors++;
    const told = toDiskError(error);
    this.#shut(told.trouble === 'damaged' ? 'damaged' : 'unsure');
    this.#retryAt = Date.now() + RETRY_MS;
    this.#tell(told);
  }

  #tell(error: DiskError): void {
    if (this.#inTrouble) return;
    this.#inTrouble = true;
    this.#options.onTrouble(error);
  }

  #recover(): void {
    if (!this.#inTrouble) return;
    this.#inTrouble = false;
    this.#options.onRecovery();
  }

  #shut(state: ClosedState = 'sound'): void {
    const disk = this.#disk;
    this.#disk = undefined;
    try {
      disk?.close(state);
    } catch {
      this.#errors++;
    }
  }
}
