import { checkNumber, checkOptions } from '../arguments.js';
import type { Codec } from '../codec/codec.js';
import { MsgpackCodec } from '../codec/msgpack-codec.js';
import { argumentRangeError, argumentTypeError, ClosedError, EbbcacheError } from '../errors.js';
import {
  type NativeStore,
  type NativeStoreOptions,
  type NativeStoreStats,
  native,
} from '../native.js';
import {
  type ArenaCacheOptions,
  checkMaxBytes,
  checkTtl,
  resolveArenaOptions,
} from './arena-options.js';
import { readThrough } from './read-buffer.js';

export type ArenaStats = NativeStoreStats;

const codec: Codec = new MsgpackCodec();

/**
 * Values by key in a byte-budgeted store outside the JavaScript heap.
 *
 * Values are copied in and out: what `get` returns is the caller's own. A value is anything msgpack
 * can carry; Dates, Maps, Sets, typed arrays, Buffers and bigints survive, and undefined cannot be a
 * value. Keys are well-formed strings of 1 to 65,535 bytes of UTF-8.
 *
 * Errors: a TypeError or RangeError with the code 'ERR_EBBCACHE_ARGUMENT' for a key or option out of
 * range, an EncodeError for a value that cannot be stored, a ClosedError after close(), and from the
 * constructor an EbbcacheError with the code 'ERR_EBBCACHE_OPEN' where the name is open with other
 * options or the OS refuses memory. None of them changes what is stored.
 */
export class ArenaCache<V = unknown> {
  #store: NativeStore | undefined;

  constructor(options: ArenaCacheOptions) {
    this.#store = openStore(resolveArenaOptions(options));
  }

  /** The value, or undefined. Counts as a hit and a use, or as a miss. */
  get(key: string): V | undefined {
    const store = this.#open();
    checkKey(key);
    return readThrough(() => store.get(key), decode) as V | undefined;
  }

  /** The encoded bytes, copied. Counts like get. */
  getBytes(key: string): Buffer | undefined {
    const store = this.#open();
    checkKey(key);
    return readThrough(
      () => store.get(key),
      (bytes, length) => Buffer.from(bytes.subarray(0, length)),
    );
  }

  /** The value, or undefined. Counts neither as hit nor as use. */
  peek(key: string): V | undefined {
    const store = this.#open();
    checkKey(key);
    return readThrough(() => store.peek(key), decode) as V | undefined;
  }

  /** Whether the key has a value that has not expired. Counts neither as hit nor as use. */
  has(key: string): boolean {
    const store = this.#open();
    checkKey(key);
    return store.has(key);
  }

  /**
   * Stores a copy of the value; `ttl` in ms, 1 or more, overrides the cache's own, and `cost` is what
   * it took to make it, ms. False if the value does not fit the budget: then nothing has changed; or
   * if there is no memory for it: then what was under the key stays, and others may have given way.
   */
  set(key: string, value: V, options?: { ttl?: number; cost?: number }): boolean {
    this.#open();
    checkKey(key);
    if (value === undefined) {
      throw argumentTypeError(
        'undefined cannot be a value: it is what get returns for a miss. Use null, or delete the key.',
      );
    }
    const { ttl, cost = 0 } = checkOptions(options);
    const ttlMs = checkTtl(ttl);
    checkNumber('cost', cost, 0, Number.MAX_SAFE_INTEGER, 'ms');
    const encoded = codec.encode(value);
    // Asked again: a getter of the value may have closed it.
    const store = this.#open();
    return store.set(key, encoded, encoded.start, encoded.end, ttlMs, cost) === 0;
  }

  /** True when it was there. */
  delete(key: string): boolean {
    const store = this.#open();
    checkKey(key);
    return store.delete(key);
  }

  /** Forgets all entries and gives their memory back; counters stay. */
  clear(): void {
    this.#open().clear();
  }

  /** Entries, expired ones that have not been noticed yet included. */
  get size(): number {
    return this.stats().entries;
  }

  /**
   * The keys, in no particular order. An entry that is there from the first step to the last is
   * visited exactly once, whatever is put or deleted in between.
   */
  keys(): IterableIterator<string> {
    this.#open();
    return this.#scanKeys();
  }

  /** Keys with their values, as `keys` visits them; counts neither as hits nor as uses. */
  entries(): IterableIterator<[string, V]> {
    this.#open();
    return this.#scanEntries();
  }

  /**
   * Changes maxBytes, within 64 KiB and 16 GiB; evicts and gives memory back before it returns.
   * Under pressure the budget stays what pressure allows.
   */
  resize(maxBytes: number): void {
    const store = this.#open();
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
    const store = this.#open();
    if (typeof bytes !== 'number') throw argumentTypeError('shrink takes a number of bytes.');
    if (!(bytes >= 0)) {
      throw argumentRangeError(
        `shrink takes a number of bytes that is not negative; it is ${bytes}.`,
      );
    }
    return store.shrink(Math.min(Math.ceil(bytes), Number.MAX_SAFE_INTEGER));
  }

  stats(): ArenaStats {
    return this.#open().stats();
  }

  /** Lets go of the store; the last to do so gives its memory back. May be called again. */
  close(): void {
    this.#store?.close();
    this.#store = undefined;
  }

  [Symbol.dispose](): void {
    this.close();
  }

  *#scanKeys(): IterableIterator<string> {
    let cursor = 0;
    do {
      const [next, ...keys] = this.#open().scan(cursor);
      yield* keys;
      cursor = next;
    } while (cursor !== 0);
  }

  *#scanEntries(): IterableIterator<[string, V]> {
    for (const key of this.#scanKeys()) {
      const value = this.peek(key);
      if (value !== undefined) yield [key, value];
    }
  }

  #open(): NativeStore {
    if (this.#store === undefined) {
      throw new ClosedError('The cache is closed. Make a new ArenaCache, or close this one later.');
    }
    return this.#store;
  }
}

function openStore(options: NativeStoreOptions): NativeStore {
  try {
    return new native.Store(options);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new EbbcacheError('ERR_EBBCACHE_OPEN', reason, { cause });
  }
}

function decode(bytes: Uint8Array, length: number): unknown {
  return codec.decode(bytes, length);
}

function checkKey(key: string): void {
  if (typeof key !== 'string') {
    throw argumentTypeError(`A key must be a string; it is ${key === null ? 'null' : typeof key}.`);
  }
  // Three bytes of UTF-8 at most for each UTF-16 unit: only long keys need counting.
  const { maxKeyBytes } = native.limits;
  if (key.length === 0 || (key.length * 3 > maxKeyBytes && Buffer.byteLength(key) > maxKeyBytes)) {
    throw argumentRangeError(
      `A key must have 1 to ${maxKeyBytes} bytes of UTF-8. Shorten it, for example by a hash of it.`,
    );
  }
  // Lone surrogates have no UTF-8: two such keys would be one.
  if (!key.isWellFormed()) {
    throw argumentRangeError('A key must be well-formed Unicode. Use toWellFormed, or encode it.');
  }
}
