// Writes behind the caller: changes wait in a bounded queue, and a small batch is written with each turn
// of the event loop, which takes a fraction of a millisecond. When more come than that, a put writes some
// itself, for a few milliseconds at most, and what finds no room then is dropped and counted.
//
// The main thread writes itself: a batch that is under way in LMDB's own thread cannot be waited for at
// shutdown or exit, and could overtake what was put or deleted since. A worker leaves it to that thread: one
// that is terminated in the middle of a transaction keeps LMDB's lock for ever, and with it all others.

import { isMainThread } from 'node:worker_threads';
import { inRootContext } from '../../root-context.js';
import { type DiskClock, footprint } from './disk-clock.js';
import type { Counters } from './disk-counters.js';
import type { Batch, DiskDatabase } from './disk-database.js';
import { diskKey } from './disk-key.js';
import { forgetAtExit, writeAtExit } from './exit-writers.js';
import { type PendingChange, WriteQueue } from './write-queue.js';

const MAX_PENDING_BYTES = 16 * 1024 * 1024;
/** A batch is at most so large, and so much of the budget: others wait for it, and puts among them. */
const BATCH_CHANGES = 32;
const BATCH_BYTES = 256 * 1024;
const BATCH_SHARE = 1 / 64;
/** The same of a batch that a put writes itself. */
const INLINE_CHANGES = 16;
const INLINE_BYTES = 128 * 1024;
/** How long a put may write, ms: another batch is begun only in the first half of it. */
const BLOCK_MS = 5;
/** A batch that took so long, ms, was held up by others: puts write nothing for some times as long. */
const HELD_UP_MS = 25;
const REST_FACTOR = 10;
/** After a write that failed none is tried for so long, ms. */
const PAUSE_MS = 10_000;
const COUNTERS_MS = 2000;

export interface DiskWriterOptions {
  clock: DiskClock;
  /** Budget of the file, bytes. */
  maxBytes: number;
  database(): DiskDatabase | undefined;
  counters(): Counters;
  onWritten(): void;
  onFailure(error: unknown): void;
}

export class DiskWriter {
  drops = 0;
  evictions = 0;
  expirations = 0;

  readonly #options: DiskWriterOptions;
  readonly #queue: WriteQueue;
  readonly #batchBytes: number;
  readonly #counterTimer: NodeJS.Timeout;
  readonly #finalWrite = () => this.#writeRest();
  #draining: Promise<void> | undefined;
  #underWay: ReadonlyMap<string, PendingChange> | undefined;
  #pausedUntil = 0;
  #inlineFrom = 0;
  #dropsFlushed = 0;
  #savedCounters = '';

  constructor(options: DiskWriterOptions) {
    this.#options = options;
    this.#queue = new WriteQueue(Math.min(MAX_PENDING_BYTES, options.maxBytes));
    this.#batchBytes = Math.min(BATCH_BYTES, options.maxBytes * BATCH_SHARE);
    this.#counterTimer = inRootContext(() =>
      setInterval(() => this.#saveCounters(), COUNTERS_MS).unref(),
    );
    writeAtExit(this.#finalWrite);
  }

  /** Changes that wait. */
  get size(): number {
    return this.#queue.size;
  }

  pending(key: string): PendingChange | undefined {
    return this.#queue.get(key);
  }

  pendingKeys(): IterableIterator<string> {
    return this.#queue.keys();
  }

  put(key: string, entry: Buffer): boolean {
    return this.#change(key, entry);
  }

  /** False where there is no room for it. */
  delete(key: string): boolean {
    return this.#change(key, undefined);
  }

  /** Forgets what waits; what is under way in the other thread is deleted behind it. */
  forget(): void {
    this.#queue.clear();
    for (const key of this.#underWay?.keys() ?? []) this.#queue.put(key, undefined);
    this.#pausedUntil = 0;
  }

  /** Ends the wait after a write that failed. */
  resume(): void {
    this.#pausedUntil = 0;
    if (this.#queue.size > 0) this.#startDrain();
  }

  /** Writes what waits, to the disk itself; false where something was dropped since the last time. */
  async flush(): Promise<boolean> {
    if (!this.#isPaused() && this.#queue.size > 0) this.#startDrain();
    while (this.#draining !== undefined) await this.#draining;
    const isComplete = this.drops === this.#dropsFlushed && this.#queue.size === 0;
    this.#dropsFlushed = this.drops;
    try {
      const database = this.#options.database();
      await database?.sync();
      return isComplete && database !== undefined;
    } catch (error) {
      this.#options.onFailure(error);
      return false;
    }
  }

  /**
   * Writes what waits before it returns. A promise where a batch is under way in the other thread: what
   * has come since is written once more behind it, and until then the database must stay open.
   */
  close(): Promise<void> | undefined {
    clearInterval(this.#counterTimer);
    forgetAtExit(this.#finalWrite);
    const database = this.#options.database();
    const late = [...(this.#underWay?.keys() ?? [])].map(
      (key) => [key, this.#queue.get(key)] as const,
    );
    this.#writeRest();
    if (late.length === 0) return undefined;
    const changes = new Map(
      late.filter((each): each is [string, PendingChange] => each[1] !== undefined),
    );
    return this.#draining?.then(() => database?.write(this.#batchOf(changes, database)));
  }

  #change(key: string, entry: Buffer | undefined): boolean {
    const isPaused = this.#isPaused();
    if (!isPaused && !this.#queue.hasRoomFor(entry)) this.#writeInline(entry);
    const fits = this.#queue.hasRoomFor(entry) && !(isPaused && entry !== undefined);
    if (fits) this.#queue.put(key, entry);
    else this.drops++;
    if (!isPaused) this.#startDrain();
    return fits;
  }

  #isPaused(): boolean {
    return this.#pausedUntil !== 0 && Date.now() < this.#pausedUntil;
  }

  /** In no caller's context: it writes what all callers put. */
  #startDrain(): void {
    this.#draining ??= inRootContext(() => this.#drain());
  }

  /** Off the caller's path: a batch with each turn of the event loop. */
  async #drain(): Promise<void> {
    do {
      await new Promise((resolve) => setImmediate(resolve));
    } while (
      isMainThread
        ? this.#writeBatch(BATCH_CHANGES, this.#batchBytes)
        : await this.#writeBatchLater()
    );
    this.#draining = undefined;
  }

  #writeInline(entry: Buffer | undefined): void {
    const begun = performance.now();
    if (!isMainThread || begun < this.#inlineFrom) return;
    let now = begun;
    while (!this.#queue.hasRoomFor(entry) && now - begun < BLOCK_MS / 2) {
      if (!this.#writeBatch(INLINE_CHANGES, Math.min(INLINE_BYTES, this.#batchBytes))) break;
      const took = performance.now() - now;
      now += took;
      if (took > HELD_UP_MS) this.#inlineFrom = now + took * REST_FACTOR;
    }
  }

  #writeRest(): void {
    while (this.#writeBatch(BATCH_CHANGES, this.#batchBytes));
    this.#saveCounters();
  }

  /** False when there was nothing to write, or it failed. */
  #writeBatch(mostChanges: number, mostBytes: number): boolean {
    const database = this.#options.database();
    const changes = this.#queue.next(mostChanges, mostBytes);
    if (changes.size === 0) return false;
    if (database === undefined) {
      this.#giveUp();
      return false;
    }
    try {
      database.write(this.#batchOf(changes, database));
    } catch (error) {
      return this.#failed(error);
    }
    this.#queue.written(changes);
    this.#options.onWritten();
    return true;
  }

  async #writeBatchLater(): Promise<boolean> {
    const database = this.#options.database();
    const changes = this.#queue.next(BATCH_CHANGES, this.#batchBytes);
    if (changes.size === 0) return false;
    if (database === undefined) {
      this.#giveUp();
      return false;
    }
    this.#underWay = changes;
    try {
      await database.writeLater(this.#batchOf(changes, database));
    } catch (error) {
      return this.#failed(error);
    } finally {
      this.#underWay = undefined;
    }
    this.#queue.written(changes);
    this.#options.onWritten();
    return true;
  }

  #failed(error: unknown): false {
    this.#giveUp();
    this.#options.onFailure(error);
    return false;
  }

  #batchOf(pending: ReadonlyMap<string, PendingChange>, database: DiskDatabase): Batch {
    let incoming = 0;
    for (const { entry } of pending.values()) incoming += entry ? footprint(entry.length) : 0;
    const { evicted, expired } = this.#options.clock.makeRoom(database, incoming);
    this.expirations += expired;
    this.evictions += evicted.length - expired;
    const changes = [...pending].map(([key, { entry }]) => ({ key: diskKey(key), entry }));
    return { changes, evicted };
  }

  #giveUp(): void {
    this.drops += this.#queue.turnIntoDeletes();
    this.#pausedUntil = Date.now() + PAUSE_MS;
  }

  #saveCounters(): void {
    const counters = JSON.stringify(this.#options.counters());
    if (counters === this.#savedCounters || this.#isPaused()) return;
    this.#savedCounters = counters;
    const batch = { changes: [], evicted: [], counters };
    try {
      if (isMainThread) this.#options.database()?.write(batch);
      else void this.#options.database()?.writeLater(batch).catch(this.#options.onFailure);
    } catch (error) {
      this.#options.onFailure(error);
    }
  }
}
