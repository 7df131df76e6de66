import { EventEmitter } from 'node:events';
import { isUint8Array } from 'node:util/types';
import { checkNumber, show } from '../checks/arguments.js';
import type { Codec } from '../codec/codec.js';
import { MsgpackCodec } from '../codec/msgpack-codec.js';
import { argumentTypeError, EbbcacheError } from '../errors/errors.js';
import { checkLevel, type PressureLevel } from '../memory/pressure-level.js';
import { native } from '../native/addon.js';
import { bytesIn, Outcome } from '../native/outcomes.js';
import type { ArenaEvents } from './arena-events.js';
import {
  type ArenaFetchOptions,
  ArenaFlights,
  checkFetch,
  type ValueLoader,
} from './arena-flights.js';
import {
  type ArenaCacheOptions,
  checkHotValues,
  checkMaxBytes,
  type RecordStoreOptions,
  resolveArenaOptions,
} from './arena-options.js';
import { scanKeys } from './arena-scan.js';
import type { ArenaStats } from './arena-stats.js';
import { tellDiskEvents } from './disk-events.js';
import { flushAtExit, forgetAtExit } from './exit-flush.js';
import { type FieldOptions, fieldPathsOf } from './field-paths.js';
import { HotValues } from './hot-values.js';
import { readJson } from './json-read.js';
import { checkKey } from './key.js';
import { closedError } from './open-store.js';
import { copyOf, readBuffer } from './read-buffer.js';
import { RemovalEvents } from './removal-events.js';
import { checkSetOptions, type SetOptions } from './set-options.js';
import { StoreHandle } from './store-handle.js';
import { readMany, writeMany } from './value-batches.js';
import { checkValue } from './value-check.js';

const codec: Codec = new MsgpackCodec();

/** Returns the cache's store, for the tiers of this package, which keep records of their own in it. */
export let handleOf: (cache: ArenaCache) => StoreHandle;

/**
 * Caches values by key in a byte-budgeted store outside the JavaScript heap.
 *
 * Values are copied in and out: what `get` returns belongs to the caller. A value is anything msgpack can
 * carry; Dates, Maps, Sets, typed arrays, Buffers and bigints survive, of any realm, and undefined cannot be
 * a value. Keys are well-formed strings of 1 to 65,535 bytes of UTF-8.
 *
 * With `disk`, what is set is also written to a file, by a separate thread, and what is not in memory is read
 * from the file: it survives a restart, and all processes that name the folder share it. A value whose key
 * and encoding together have more than 256 KiB is kept only in memory.
 *
 * A failure of the disk is an event 'disk' (a DiskEvent), and a miss or a value that is only in memory; where
 * there is no listener, trouble and damage are process warnings.
 *
 * Entries that leave memory are reported by the event 'remove' (an array of Removal), in batches and
 * afterwards, and by 'removalsLost' (a number) where more left than are kept for a listener: see ArenaEvents.
 * Listeners do not keep the process alive.
 *
 * Errors: a TypeError or RangeError with the code 'ERR_EBBCACHE_ARGUMENT' for a key or option out of range,
 * an EncodeError for a value that cannot be stored, a ClosedError after close(), and from the constructor an
 * EbbcacheError with the code 'ERR_EBBCACHE_OPEN' where the name is open with other options or the OS refuses
 * memory. None of them changes what is stored.
 */
export class ArenaCache<V = unknown> extends EventEmitter<ArenaEvents> {
  static {
    handleOf = (cache) => cache.#handle;
  }

  readonly #handle: StoreHandle;
  readonly #decode = (bytes: Buffer, length: number) =>
    codec.decode(bytes, length, this.#handle.names) as V;
  /**
   * The name by which other threads join the cache's flights; undefined where no other thread shares them.
   */
  readonly #scope: string | undefined;
  readonly #hasDisk: boolean;
  readonly #removals: RemovalEvents;
  readonly #hot: HotValues<V> | undefined;
  #flights: ArenaFlights<V> | undefined;

  /** `records` is for the caches of metadata of this package, whose values are records. */
  constructor(options: ArenaCacheOptions, records?: RecordStoreOptions) {
    super();
    const resolved = resolveArenaOptions(options, records);
    const hotValues = checkHotValues(options.hotValues);
    this.#handle = new StoreHandle(resolved, options.clock);
    if (hotValues > 0) this.#hot = new HotValues(this.#handle, hotValues, this.#decode);
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

  /**
   * Returns the value, or undefined. It counts a hit and a use, or a miss. With `hotValues` it may be a deeply
   * frozen object that was returned before. With `fields` it is a new object with only these fields, and
   * nothing else is decoded: an empty one where the value has none of them or is no object. In an array, each
   * object has only the fields.
   */
  get(key: string): V | undefined;
  get(key: string, options: FieldOptions): Partial<V> | undefined;
  get(key: string, options?: FieldOptions): V | Partial<V> | undefined {
    if (options !== undefined) return this.#getFields(key, options);
    if (this.#hot !== undefined) return this.#hot.get(key);
    // Nearly all reads end here. A value that is too large for the buffer, or bad input, is read again below.
    const outcome = native.get(this.#handle.timedId(), key);
    if (outcome === Outcome.miss) return undefined;
    const length = bytesIn(outcome);
    if (length >= 0 && length <= readBuffer.length) return this.#decode(readBuffer, length);
    return this.#handle.read(native.get, key, this.#decode);
  }

  /**
   * Returns the value, or else the result of one call of `load` for all callers that wait for the key: in
   * this thread, in all threads that share a `name`, and in all processes that share a disk tier's folder.
   * The result is set, unless the key was set, deleted or cleared meanwhile in this thread.
   *
   * It rejects as `load` does; a rejection is not kept. Each caller, the first one included, gets a copy:
   * what `set` and then `get` would return. A value of more than 256 MiB that does not fit is returned as it
   * is.
   *
   * A caller whose `signal` aborts stops waiting. The loader's own signal aborts when no caller waits any
   * longer, and with a ClosedError when the cache is closed.
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

  /** Returns a copy of the encoded bytes. It counts as get does. */
  getBytes(key: string): Buffer | undefined {
    return this.#handle.read(native.getBytes, key, copyOf);
  }

  /**
   * Returns the UTF-8 of what JSON.stringify makes of the value, or undefined where `get` returns undefined.
   * It counts as get does, and throws the TypeError of JSON.stringify for a value with a bigint.
   */
  getJson(key: string): Buffer | undefined {
    const handle = this.#handle;
    return handle.read(native.get, key, (bytes, end) => readJson(handle, bytes, 0, end));
  }

  /** Returns the value, or undefined. It counts neither a hit nor a use. */
  peek(key: string): V | undefined {
    return this.#handle.read(native.peek, key, this.#decode);
  }

  /**
   * Returns the values, or undefined, in the order of the keys, as `get` of one after the other would, in
   * fewer calls of the addon. With a bad key nothing is read or counted.
   */
  getMany(keys: readonly string[]): (V | undefined)[] {
    this.#handle.open();
    if (!Array.isArray(keys)) {
      throw argumentTypeError(`getMany takes an array of keys; it is ${show(keys)}.`);
    }
    return readMany(this.#handle, codec, keys, (key) => this.get(key)) as (V | undefined)[];
  }

  /** Whether the key has a value that has not expired. It counts neither a hit nor a use. */
  has(key: string): boolean {
    return this.#handle.isTrue(native.has(this.#handle.timedId(), key), key);
  }

  /**
   * The ms until the entry expires, Infinity for one without a time to live, and undefined where there is no
   * entry. With a disk tier it includes entries that are only on disk. It counts neither a hit nor a use.
   */
  getRemainingTtl(key: string): number | undefined {
    const outcome = native.remainingTtl(this.#handle.timedId(), key);
    if (outcome >= 0) return outcome;
    if (outcome === Outcome.miss) return undefined;
    throw this.#handle.failure(outcome, key);
  }

  /**
   * Stores a copy of the value; `ttl` in ms, 1 or more, overrides the cache's own, and `cost` is the time
   * that it took to make the value, ms.
   *
   * Returns false if the value does not fit the budget: then nothing has changed, and no more of the value
   * was read or encoded than is needed to find that out. It also returns false if there is no memory for the
   * value: then the previous value of the key stays, and others may have been evicted.
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
   * Stores a value as set does, but one that is encoded already: bytes that `getBytes` returned, of this
   * cache or another. The bytes are copied unchanged, as many as the array really has. `get` decodes them as
   * msgpack: where they are not msgpack it throws, and only `getBytes` reads them.
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
   * Stores copies of all values, as `set` of one after the other would, in fewer calls of the addon, and
   * returns what each `set` would; `ttl` and `cost` apply to each value. With a bad key or value it throws
   * and nothing is stored: all values are encoded first, side by side in memory, 2 GiB at most. The path of
   * an EncodeError begins with the index of the entry.
   */
  setMany(entries: Iterable<readonly [string, V]>, options?: SetOptions): boolean[] {
    this.#handle.open();
    const checked = checkSetOptions(options);
    return writeMany(this.#handle, codec, entries, checked, (key) => this.#flights?.forget(key));
  }

  /** Removes the entry; returns true when there was one. */
  delete(key: string): boolean {
    this.#flights?.forget(key);
    return this.#handle.isTrue(native.delete(this.#handle.timedId(), key), key);
  }

  /** Removes all entries and releases their memory; counters stay. */
  clear(): void {
    const store = this.#handle.open();
    this.#hot?.clear();
    this.#flights?.forgetAll();
    store.clear();
  }

  /**
   * The number of entries, including expired ones that have not been noticed yet. With a disk tier, it is the
   * number of the larger one of the two tiers: there may be more entries, where each tier has some that the
   * other has not.
   */
  get size(): number {
    const { entries, disk } = this.stats();
    return Math.max(entries, disk?.entries ?? 0);
  }

  /**
   * Resolves once everything that was set is on the disk itself. The result is whether all of it is there: it
   * is false where something was dropped since the previous flush, or the disk failed. Without a disk tier it
   * is true at once.
   */
  async flush(): Promise<boolean> {
    const store = this.#handle.open();
    return this.#hasDisk ? store.flush() : true;
  }

  /**
   * Iterates over the keys, in no particular order. An entry that exists from the first step to the last is
   * visited exactly once, whatever is put or deleted in between.
   *
   * The order reveals something of the secret by which keys are hashed: whoever shows the keys to parties
   * that may choose keys MUST sort them first.
   */
  keys(): IterableIterator<string> {
    this.#handle.open();
    return this.#scanKeys();
  }

  /** Iterates over keys with their values, as `keys` does; it counts neither hits nor uses. */
  entries(): IterableIterator<[string, V]> {
    this.#handle.open();
    return this.#scanEntries();
  }

  /**
   * Changes maxBytes, within 64 KiB and 16 GiB; evicts and releases memory before it returns. Under pressure
   * the budget stays at what pressure allows.
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
   * Evicts, the least valuable entry first, until `bytes` are released to the OS or no entry is left; returns
   * the number of bytes released. The budget stays, so that the store may grow again.
   */
  shrink(bytes: number): number {
    const store = this.#handle.open();
    checkNumber('bytes', bytes, 0, Number.POSITIVE_INFINITY);
    return store.shrink(Math.min(Math.ceil(bytes), Number.MAX_SAFE_INTEGER));
  }

  /**
   * Does at once what memory pressure of a level does: at ELEVATED, HIGH and CRITICAL the payload and the
   * budget fall to 75 %, 50 % and none of their maximum, or to the shares set by configureGovernor, but not
   * below minBytes; the budget regrows as after any pressure. NORMAL lifts it to maxBytes. With `ebb: false`
   * only the payload falls. Returns the bytes released to the OS.
   */
  applyPressure(level: PressureLevel): number {
    this.#hot?.clear();
    return this.#handle.open().applyPressure(checkLevel(level));
  }

  /**
   * Keeps the budget at the level's share of maxBytes until another level is held. NORMAL ends this, and the
   * budget regrows. At CRITICAL the payload too falls to minBytes.
   *
   * It is for callers that watch memory by thresholds of their own, and may be called repeatedly with the
   * same level. Real pressure lowers the budget further. It has no effect on a cache with `ebb: false`.
   * Returns the bytes released to the OS.
   */
  holdPressure(level: PressureLevel): number {
    this.#hot?.clear();
    return this.#handle.open().holdPressure(checkLevel(level));
  }

  /**
   * Counters since the store was opened, and what it holds now. All caches that share the store share them.
   */
  stats(): ArenaStats {
    const store = this.#handle.openTimed();
    // A given clock may leap, and the thread that removes expired entries needs time to notice that.
    if (this.#handle.followsClock) store.forgetExpired();
    const stats = store.stats();
    const { count: hotValues, bytes: hotValueBytes } = this.#hot ?? { count: 0, bytes: 0 };
    const all = { ...stats, hotValues, hotValueBytes };
    return this.#hasDisk ? { ...all, disk: store.diskStats() } : all;
  }

  /**
   * Closes the store. The last cache to close it releases its memory, and writes what waits for the disk,
   * which takes up to a second. It may be called again.
   */
  close(): void {
    const store = this.#handle.detach();
    if (store === undefined) return;
    this.#hot?.clear();
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

  #getFields(key: string, options: FieldOptions): V | undefined {
    const paths = fieldPathsOf(options);
    const handle = this.#handle;
    return handle.read(native.get, key, (bytes, length) =>
      handle.decodeFields(bytes, 0, length, paths, (end) => this.#decode(bytes, end)),
    );
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
