// A native store for as long as its cache is open: it is told the time of the cache's clock before each
// call, and outcomes that are errors become errors of JavaScript.

import type { Destination, EncodedValue } from '../codec/codec.js';
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
  /** What tells the cache the time. */
  readonly clock: CacheClock;
  /** What is encoded for the store must fit here. The largest value is 0 once it is closed. */
  readonly destination: Destination = {
    largestValue: () => Math.max(0, native.largestValue(this.#id)),
  };
  #store: NativeStore | undefined;
  /** The store's number; 0, which is the number of no store, once it is closed. */
  #id: number;
  /** Whether the store follows the time that it is told, in place of its own. */
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

  /** Whether the store follows a clock that is not its own, as of the last call. */
  get followsClock(): boolean {
    return this.#givesTime;
  }

  /** What native functions know the store by: 0 once it is closed, for which they return Outcome.closed. */
  get id(): number {
    return this.#id;
  }

  /** The same, once the store has been told the time. A caller MUST ask for it with each call. */
  timedId(): number {
    if (this.#givesTime || !isSystemTime()) this.#giveTime();
    return this.#id;
  }

  /** Throws a ClosedError once it is closed. */
  open(): NativeStore {
    if (this.#store === undefined) throw closedError();
    return this.#store;
  }

  /** The same, once the store has been told the time. */
  openTimed(): NativeStore {
    if (this.#givesTime || !isSystemTime()) this.#giveTime();
    return this.open();
  }

  /** Reads by a native function; undefined for a miss. Nothing that `decode` returns may refer to the bytes. */
  read<T>(
    read: NativeRead,
    key: string,
    decode: (bytes: Buffer, length: number) => T,
  ): T | undefined {
    return readThrough(read, this.timedId(), key, decode, (outcome) => this.failure(outcome, key));
  }

  /**
   * Stores all bytes up to `encoded.end`, headroom included; undefined stands for a value that is too large.
   * False where it is not stored.
   */
  put(
    key: string,
    encoded: EncodedValue | undefined,
    options: CheckedSetOptions | undefined,
  ): boolean {
    if (encoded === undefined) return this.isStored(native.refuse(this.#id, key), key);
    setWriteBuffer(encoded);
    // It is read only now, because a getter of the value may have closed the cache.
    const id = this.timedId();
    const outcome =
      options === undefined
        ? native.set(id, key, encoded.end)
        : native.set(id, key, encoded.end, options.ttl, options.cost);
    releaseIfLarge(encoded);
    return this.isStored(outcome, key);
  }

  /** Stores the bytes as they are. False where they are not stored. */
  putBytes(key: string, bytes: Uint8Array, { ttl, cost }: CheckedSetOptions): boolean {
    return this.isStored(native.setBytes(this.timedId(), key, bytes, ttl, cost), key);
  }

  /** For an outcome of a native function that stores. */
  isStored(outcome: number, key: string): boolean {
    if (outcome >= 0) return outcome === 0;
    throw this.failure(outcome, key);
  }

  /** For an outcome of a native function that is 1 for true. */
  isTrue(outcome: number, key: string): boolean {
    if (outcome >= 0) return outcome === 1;
    throw this.failure(outcome, key);
  }

  /** The addon says that something is wrong; this says what. */
  failure(outcome: number, key: string): Error {
    this.open();
    if (outcome === Outcome.badKey) checkKey(key);
    return outcomeError(outcome);
  }

  /** The caller MUST close the store that this returns; undefined where it was closed already. */
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
