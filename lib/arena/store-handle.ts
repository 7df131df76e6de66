// A native store for as long as its cache is open. It passes the time of the cache's clock to the store
// before each call, and turns outcomes that are errors into errors of JavaScript.

import type { Destination, EncodedValue } from '../codec/codec.js';
import { FieldNames } from '../codec/field-names.js';
import { native } from '../native/addon.js';
import { type NativeRead, Outcome, outcomeError } from '../native/outcomes.js';
import type { NativeStore, NativeStoreOptions } from '../native/store.js';
import { CacheClock, type Clock, isSystemTime } from './cache-clock.js';
import { checkKey } from './key.js';
import { closedError, openStore } from './open-store.js';
import { readThrough } from './read-buffer.js';
import type { CheckedSetOptions } from './set-options.js';
import { releaseIfLarge, setWriteBuffer } from './write-buffer.js';

/** Errors: a ClosedError once it is closed, and otherwise those of ArenaCache. */
export class StoreHandle {
  /** The clock of the cache. */
  readonly clock: CacheClock;
  /** The limit on values that are encoded for the store. The largest value is 0 once the store is closed. */
  readonly destination: Destination = {
    largestValue: () => Math.max(0, native.largestValue(this.#id)),
  };
  /** The names in the dictionaries of the store. */
  readonly names: FieldNames = new FieldNames(
    (dictionary) => this.#store?.dictionaryNames(dictionary),
    () => native.noteUndecodable(this.#id),
  );
  #store: NativeStore | undefined;
  /** The store's number; once the store is closed it is 0, which is the number of no store. */
  #id: number;
  /** Whether the store follows the time that it is given, in place of its own. */
  #givesTime: boolean;

  constructor(options: NativeStoreOptions, clock: Clock | undefined) {
    this.clock = new CacheClock(clock);
    this.#givesTime = clock !== undefined;
    this.#store = openStore(options);
    this.#id = this.#store.id;
  }

  get isOpen(): boolean {
    return this.#store !== undefined;
  }

  /** Whether the store followed a clock that is not its own at the latest call. */
  get followsClock(): boolean {
    return this.#givesTime;
  }

  /**
   * The number by which native functions find the store: 0 once it is closed, for which they return
   * Outcome.closed.
   */
  get id(): number {
    return this.#id;
  }

  /** The same, after the store was given the time. A caller MUST read it again for each call. */
  timedId(): number {
    if (this.#givesTime || !isSystemTime()) this.#giveTime();
    return this.#id;
  }

  /** Throws a ClosedError once it is closed. */
  open(): NativeStore {
    if (this.#store === undefined) throw closedError();
    return this.#store;
  }

  /** The same, after the store was given the time. */
  openTimed(): NativeStore {
    if (this.#givesTime || !isSystemTime()) this.#giveTime();
    return this.open();
  }

  /** Reads by a native function; undefined for a miss. The result of `decode` MUST NOT refer to the bytes. */
  read<T>(
    read: NativeRead,
    key: string,
    decode: (bytes: Buffer, length: number) => T,
  ): T | undefined {
    return readThrough(read, this.timedId(), key, decode, (outcome) => this.failure(outcome, key));
  }

  /**
   * Decodes only some fields of the value that the latest read has left in `bytes` from `start` to before
   * `end`, which it overwrites. `paths` are those of fieldPathsOf. Returns undefined for a value that cannot be
   * decoded, and throws what `decode` throws.
   */
  decodeFields<T>(
    bytes: Buffer,
    start: number,
    end: number,
    paths: string,
    decode: (end: number) => T | undefined,
  ): T | undefined {
    const selected = native.selectFields(this.#id, bytes, start, end, paths);
    if (selected >= 0) return decode(selected);
    // Whoever asks for a part of it MUST NOT get the whole value.
    if (decode(end) !== undefined) this.names.onUndecodable();
    return undefined;
  }

  /**
   * Stores all bytes up to `encoded.end`, headroom included; undefined stands for a value that is too large.
   * Returns false where it is not stored.
   */
  put(
    key: string,
    encoded: EncodedValue | undefined,
    options: CheckedSetOptions | undefined,
  ): boolean {
    if (encoded === undefined) return this.isStored(native.refuse(this.#id, key), key);
    setWriteBuffer(encoded);
    // The id is read only now, because a getter of the value may have closed the cache.
    const id = this.timedId();
    const outcome =
      options === undefined
        ? native.set(id, key, encoded.end)
        : native.set(id, key, encoded.end, options.ttl, options.cost);
    releaseIfLarge(encoded);
    return this.isStored(outcome, key);
  }

  /** Stores the bytes as they are. Returns false where they are not stored. */
  putBytes(key: string, bytes: Uint8Array, { ttl, cost }: CheckedSetOptions): boolean {
    return this.isStored(native.setBytes(this.timedId(), key, bytes, ttl, cost), key);
  }

  /** Interprets the outcome of a native function that stores. */
  isStored(outcome: number, key: string): boolean {
    if (outcome >= 0) return outcome === 0;
    throw this.failure(outcome, key);
  }

  /** Interprets the outcome of a native function that returns 1 for true. */
  isTrue(outcome: number, key: string): boolean {
    if (outcome >= 0) return outcome === 1;
    throw this.failure(outcome, key);
  }

  /** The error for an outcome of the addon, with its reason. */
  failure(outcome: number, key: string): Error {
    this.open();
    if (outcome === Outcome.badKey) checkKey(key);
    return outcomeError(outcome);
  }

  /**
   * The caller MUST close the store that this returns; it is undefined where the store was closed already.
   */
  detach(): NativeStore | undefined {
    const store = this.#store;
    this.#store = undefined;
    this.#id = 0;
    return store;
  }

  #giveTime(): void {
    this.#givesTime = !this.clock.isSystemTime;
    const time = this.#givesTime ? this.clock.now() : undefined;
    // A clock may have closed the cache.
    this.#store?.setTime(time);
  }
}
