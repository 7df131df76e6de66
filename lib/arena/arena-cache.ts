import { EventEmitter } from 'node:events';
import { isUint8Array } from 'node:util/types';
import { show } from '../checks/arguments.js';
import type { Codec } from '../codec/codec.js';
import { MsgpackCodec } from '../codec/msgpack-codec.js';
import { argumentRangeError, argumentTypeError, EbbcacheError } from '../errors/errors.js';
import { checkLevel, type PressureLevel } from '../memory/pressure-level.js';
import { native } from '../native/addon.js';
import type { NativeDiskStats } from '../native/disk.js';
import { bytesIn, Outcome } from '../native/outcomes.js';
import type { NativeStoreStats } from '../native/store-stats.js';
import type { ArenaEvents } from './arena-events.js';
import {
  type ArenaFetchOptions,
  ArenaFlights,
  checkFetch,
  type ValueLoader,
} from './arena-flights.js';
import {
  type ArenaCacheOptions,
  checkMaxBytes,
  type RecordStoreOptions,
  resolveArenaOptions,
} from './arena-options.js';
import { scanKeys } from './arena-scan.js';
import { tellDiskEvents } from './disk-events.js';
import { flushAtExit, forgetAtExit } from './exit-flush.js';
import { checkKey } from './key.js';
import { closedError } from './open-store.js';
import { copyOf, readBuffer } from './read-buffer.js';
import { RemovalEvents } from './removal-events.js';
import { checkSetOptions, type SetOptions } from './set-options.js';
import { StoreHandle } from './store-handle.js';
import { readMany, writeMany } from './value-batches.js';
import { checkValue } from './value-check.js';

/** The numbers are those of memory; hits, misses and puts count memory and disk together. */
export interface ArenaStats extends NativeStoreStats {
  /** It is left out where there is no disk tier. */
  disk?: DiskStats;
}

/** What the disk tier counts and holds. */
export type DiskStats = NativeDiskStats;

const codec: Codec = new MsgpackCodec();

/** The cache's store, for the tiers of this package, which keep records of their own in it. */
export let handleOf: (cache: ArenaCache) => StoreHandle;

/**
 * Values by key in a byte-budgeted store outside the JavaScript heap.
 *
 * Values are copied in and out: what `get` returns is the caller's own. A value is anything msgpack
 * can carry; Dates, Maps, Sets, typed arrays, Buffers and bigints survive, of any realm, and undefined
 * cannot be a value. Keys are well-formed strings of 1 to 65,535 bytes of UTF-8.
 *
 * With `disk`, what is set is also written to a file, by a thread of its own, and what is not in memory is
 * read from there: it survives a restart, and all processes that name the folder share it. A value of
 * which key and encoding have more than 256 KiB is kept only in memory. A disk that fails is an event
 * 'disk' (a DiskEvent), a miss or a value that is only in memory; where nobody listens, trouble and
 * damage are warnings of the process.
 *
 * What leaves memory is the event 'remove' (an array of Removal), in batches and after the fact, and
 * 'removalsLost' (a number) where more left than is kept for a listener: see ArenaEvents. Listeners do
 * not keep the process alive.
 *
 * Errors: a TypeError or RangeError with the code 'ERR_EBBCACHE_ARGUMENT' for a key or option out of
 * range, an EncodeError for a value that cannot be stored, a ClosedError after close(), and from the
 * constructor an EbbcacheError with the code 'ERR_EBBCACHE_OPEN' where the name is open with other
 * options or the OS refuses memory. None of them changes what is stored.
 */
export class ArenaCache<V = unknown> extends EventEmitter<ArenaEvents> {
  static {
    handleOf = (cache) => cache.#handle;
  }

  readonly #handle: StoreHandle;
  /** What other threads know the cache's flights by; undefined where it shares them with none. */
  readonly #scope: string | undefined;
  readonly #hasDisk: boolean;
  readonly #removals: RemovalEvents;
  #flights: ArenaFlights<V> | undefined;

  /** `records` is for the caches of metadata of this package, whose values are records. */
  constructor(options: ArenaCacheOptions, records?: RecordStoreOptions) {
    super();
    const resolved = resolveArenaOptions(options, records);
    this.#handle = new StoreHandle(resolved, options.clock);
    const store = this.#handle.open();
    this.#removals = new RemovalEvents(store, this);
    const { disk, name } = resolved;
    this.#hasDisk = disk !== undefined;
    if (disk !== undefined) {
      this.#scope = `values on disk:${disk.dir}`;
      tellDiskEvents(store, this);
      flushAtExit(store);
    } else if (name !== '') {
      this.#scope = `values:${name}`;
    }
  }

  /** The value, or undefined. Counts as a hit and a use, or as a miss. */
  get(key: string): V | undefined {
    // Nearly all reads end here. A value that is too large for the buffer, or bad input, starts anew.
    const outcome = native.get(this.#handle.timedId(), key);
    if (outcome === Outcome.miss) return undefined;
    const length = bytesIn(outcome);
    if (length >= 0 && length <= readBuffer.length) return codec.decode(readBuffer, length) as V;
    return this.#handle.read(native.get, key, decode) as V | undefined;
  }

  /**
   * The value, or what one call of `load` makes for all who wait for the key: in this thread, in all
   * threads that share a `name`, and in all processes that share a disk tier's folder. What it makes is
   * set, unless the key was set, deleted or cleared meanwhile in this thread. Rejects as `load` does: that
   * is kept for nobody. Each caller gets a copy, the first as the later ones: what `set` and then `get` would
   * give (a value of more than 256 MiB that does not fit is given as it is). A caller whose `signal` aborts stops waiting; the loader's own aborts when nobody
   * waits, and with a ClosedError when the cache is closed.
   */
  async fetch(key: string, load: ValueLoader<V>, options?: ArenaFetchOptions): Promise<V> {
    this.#handle.open();
    checkKey(key);
    const checked = checkFetch(load, options);
    const found = this.get(key);
    if (found !== undefined) return found;
    const leases = this.#hasDisk ? this.#handle.open() : undefined;
    this.#flights ??= new ArenaFlights<V>(this.#scope, this.#handle, leases);
    return this.#flights.run(key, load, checked);
  }

  /** The encoded bytes, copied. Counts like get. */
  getBytes(key: string): Buffer | undefined {
    return this.#handle.read(native.get, key, copyOf);
  }

  /** The value, or undefined. Counts neither as hit nor as use. */
  peek(key: string): V | undefined {
    return this.#handle.read(native.peek, key, decode) as V | undefined;
  }

  /**
   * The values, or undefined, in the order of the keys: what `get` of one after the other gives, in
   * fewer calls of the addon. With a bad key nothing is read or counted.
   */
  getMany(keys: readonly string[]): (V | undefined)[] {
    this.#handle.open();
    if (!Array.isArray(keys)) {
      throw argumentTypeError(`getMany takes an array of keys; it is ${show(keys)}.`);
    }
    return readMany(this.#handle, codec, keys, (key) => this.get(key)) as (V | undefined)[];
  }

  /** Whether the key has a value that has not expired. Counts neither as hit nor as use. */
  has(key: string): boolean {
    return this.#handle.isTrue(native.has(this.#handle.timedId(), key), key);
  }

  /**
   * ms until the entry expires, Infinity for one without a time to live, and undefined where there is
   * none. With a disk tier that includes what is only on disk. Counts neither as hit nor as use.
   */
  getRemainingTtl(key: string): number | undefined {
    const outcome = native.remainingTtl(this.#handle.timedId(), key);
    if (outcome >= 0) return outcome;
    if (outcome === Outcome.miss) return undefined;
    throw this.#handle.failure(outcome, key);
  }

  /**
   * Stores a copy of the value; `ttl` in ms, 1 or more, overrides the cache's own, and `cost` is what
   * it took to make it, ms. False if the value does not fit the budget: then nothing has changed, and no
   * more of it was encoded, nor looked at, than what shows that; or
   * if there is no memory for it: then what was under the key stays, and others may have been evicted.
   */
  set(key: string, value: V, options?: SetOptions): boolean {
    this.#handle.open();
    if (typeof key !== 'string') checkKey(key);
    checkValue(value);
    const given = options === undefined ? undefined : checkSetOptions(options);
    this.#flights?.forget(key);
    return this.#handle.put(key, codec.encode(value, 0, this.#handle.destination), given);
  }

  /**
   * As set, of a value that is encoded already: what `getBytes` gives, of this cache or another. A
   * copy of the bytes is stored as they are, as many as the array really has, and `get` decodes them as
   * msgpack: where they are none it throws, and only `getBytes` reads them.
   */
  setBytes(key: string, bytes: Uint8Array, options?: SetOptions): boolean {
    this.#handle.open();
    if (typeof key !== 'string') checkKey(key);
    if (!isUint8Array(bytes)) {
      throw argumentTypeError(`setBytes takes a Uint8Array; it is ${show(bytes)}.`);
    }
    const checked = checkSetOptions(options);
    this.#flights?.forget(key);
    return this.#handle.putBytes(key, bytes, checked);
  }

  /**
   * Stores copies of all values, as `set` of one after the other would, in fewer calls of the addon,
   * and returns what each `set` would; `ttl` and `cost` are of each value. With a bad key or value it
   * throws and nothing is stored: all are encoded first, side by side in memory, 2 GiB at most. The
   * path of an EncodeError begins with the index of the entry.
   */
  setMany(entries: Iterable<readonly [string, V]>, options?: SetOptions): boolean[] {
    this.#handle.open();
    const checked = checkSetOptions(options);
    return writeMany(this.#handle, codec, entries, checked, (key) => this.#flights?.forget(key));
  }

  /** True when it was there. */
  delete(key: string): boolean {
    this.#flights?.forget(key);
    return this.#handle.isTrue(native.delete(this.#handle.timedId(), key), key);
  }

  /** Forgets all entries and gives their memory back; counters stay. */
  clear(): void {
    const store = this.#handle.open();
    this.#flights?.forgetAll();
    store.clear();
  }

  /**
   * Entries, expired ones that have not been noticed yet included. With a disk tier, those of the larger
   * one of the two tiers: there may be more, where each has some that the other has not.
   */
  get size(): number {
    const { entries, disk } = this.stats();
    return Math.max(entries, disk?.entries ?? 0);
  }

  /**
   * Resolves when all that was set is on the disk itself, to whether all of it is: false where something
   * was dropped since the last flush, or the disk failed. True at once without a disk tier.
   */
  async flush(): Promise<boolean> {
    const store = this.#handle.open();
    return this.#hasDisk ? store.flush() : true;
  }

  /**
   * The keys, in no particular order. An entry that is there from the first step to the last is
   * visited exactly once, whatever is put or deleted in between. The order tells of the secret by
   * which keys are hashed: sort them before you show them to strangers who may choose keys.
   */
  keys(): IterableIterator<string> {
    this.#handle.open();
    return this.#scanKeys();
  }

  /** Keys with their values, as `keys` visits them; counts neither as hits nor as uses. */
  entries(): IterableIterator<[string, V]> {
    this.#handle.open();
    return this.#scanEntries();
  }

  /**
   * Changes maxBytes, within 64 KiB and 16 GiB; evicts and gives memory back before it returns.
   * Under pressure the budget stays what pressure allows.
   */
  resize(maxBytes: number): void {
    const store = this.#handle.open();
    const whole = checkMaxBytes(maxBytes);
    if (!store.resize(whole)) {
      throw new EbbcacheError(
        'ERR_EBBCACHE_MEMORY',
        `The OS refused the tables of a store of ${whole} bytes. Free memory, or resize to less.`,
      );
    }
  }

  /**
   * Evicts, the least worth keeping first, until `bytes` are given back to the OS or nothing is
   * left; returns how many were. The budget stays, so that the store may grow again.
   */
  shrink(bytes: number): number {
    const store = this.#handle.open();
    if (typeof bytes !== 'number') throw argumentTypeError('shrink takes a number of bytes.');
    if (!(bytes >= 0)) {
      throw argumentRangeError(
        `shrink takes a number of bytes that is not negative; it is ${bytes}.`,
      );
    }
    return store.shrink(Math.min(Math.ceil(bytes), Number.MAX_SAFE_INTEGER));
  }

  /**
   * Does at once what memory pressure of a level does: at ELEVATED, HIGH and CRITICAL the payload and
   * the budget fall to 75 %, 50 % and none of what they are at most, or to what configureGovernor
   * says, not below minBytes; the budget regrows as after any pressure. NORMAL lifts it to maxBytes.
   * With `ebb: false` only the payload falls. Returns the bytes given back to the OS.
   */
  applyPressure(level: PressureLevel): number {
    return this.#handle.open().applyPressure(checkLevel(level));
  }

  /**
   * Keeps the budget at the level's share of maxBytes until another level is held; NORMAL ends it, and
   * the budget regrows. At CRITICAL no more than minBytes of the payload stays either. It may be said
   * again and again: for those who watch memory by thresholds of their own. Real pressure lowers the
   * budget further. Nothing for a cache with `ebb: false`. Returns the bytes given back to the OS.
   */
  holdPressure(level: PressureLevel): number {
    return this.#handle.open().holdPressure(checkLevel(level));
  }

  /** Counters since the store was opened, and what it holds now. All who share the store share them. */
  stats(): ArenaStats {
    const store = this.#handle.openTimed();
    // A given clock may leap, and the thread that removes expired entries needs time to notice.
    if (this.#handle.followsClock) store.forgetExpired();
    const stats = store.stats();
    return this.#hasDisk ? { ...stats, disk: store.diskStats() } : stats;
  }

  /**
   * Closes the store; the last to do so gives its memory back, and writes what waits for the disk, for as
   * long as a second. May be called again.
   */
  close(): void {
    const store = this.#handle.detach();
    if (store === undefined) return;
    this.#flights?.close(closedError());
    this.#removals.close();
    forgetAtExit(store);
    store.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  override removeAllListeners(
    ...names: Parameters<EventEmitter<ArenaEvents>['removeAllListeners']>
  ): this {
    super.removeAllListeners(...names);
    this.#removals.watchListeners();
    return this;
  }

  #scanKeys(): IterableIterator<string> {
    return scanKeys(() => this.#handle.openTimed(), this.#hasDisk);
  }

  *#scanEntries(): IterableIterator<[string, V]> {
    for (const key of this.#scanKeys()) {
      const value = this.peek(key);
      if (value !== undefined) yield [key, value];
    }
  }
}

function decode(bytes: Buffer, length: number): unknown {
  return codec.decode(bytes, length);
}
