// Decoded values at hand: each is returned again as long as the store's entry has the fingerprint that it was
// decoded from.

import { native } from '../native/addon.js';
import { bytesIn, Outcome } from '../native/outcomes.js';
import { deepFreeze } from './deep-freeze.js';
import { readBuffer } from './read-buffer.js';
import type { StoreHandle } from './store-handle.js';

/** The heap that a value takes, for each byte that it was decoded from: measured on metadata of images. */
const HEAP_BYTES_PER_BYTE = 5;

const { buffer, byteOffset } = native.knownBuffer;
/** The fingerprint, and whether there is memory pressure. */
const known = new Uint32Array(buffer, byteOffset, 3);

interface HotValue<V> {
  readonly value: V;
  readonly low: number;
  readonly high: number;
  readonly bytes: number;
  /** Whether it was returned since it was last considered for eviction. */
  isUsed: boolean;
}

export class HotValues<V> {
  readonly #handle: StoreHandle;
  readonly #max: number;
  readonly #decode: (bytes: Buffer, length: number) => V | undefined;
  /** The key that was put or spared first is the first one. */
  readonly #values = new Map<string, HotValue<V>>();
  #bytes = 0;

  /** Keeps `max` values, 1 or more. */
  constructor(
    handle: StoreHandle,
    max: number,
    decode: (bytes: Buffer, length: number) => V | undefined,
  ) {
    this.#handle = handle;
    this.#max = max;
    this.#decode = decode;
  }

  get count(): number {
    return this.#values.size;
  }

  /** An estimate of the heap that they take. */
  get bytes(): number {
    return this.#bytes * HEAP_BYTES_PER_BYTE;
  }

  /** Does what ArenaCache's get does. */
  get(key: string): V | undefined {
    const hot = this.#values.get(key);
    known[0] = hot === undefined ? 0 : hot.low;
    known[1] = hot === undefined ? 0 : hot.high;
    const outcome = native.getUnlessKnown(this.#handle.timedId(), key);
    if (outcome === Outcome.unchanged && hot !== undefined) {
      hot.isUsed = true;
      if (known[2] !== 0) this.clear();
      return hot.value;
    }
    if (hot !== undefined) this.#delete(key, hot);
    if (outcome === Outcome.miss) return undefined;
    const length = bytesIn(outcome);
    if (length < 0 || length > readBuffer.length) {
      return this.#handle.read(native.get, key, this.#decode);
    }
    return this.#add(key, length);
  }

  clear(): void {
    this.#values.clear();
    this.#bytes = 0;
  }

  /** Decodes the value in the read buffer. */
  #add(key: string, length: number): V | undefined {
    const [low, high, isPressed] = known as unknown as [number, number, number];
    const value = this.#decode(readBuffer, length);
    if (isPressed !== 0) {
      this.clear();
    } else if (value !== undefined && deepFreeze(value)) {
      while (this.#values.size >= this.#max) this.#evict();
      this.#values.set(key, { value, low, high, bytes: length, isUsed: false });
      this.#bytes += length;
    }
    return value;
  }

  /** Evicts the first value that was not used, and spares the others once. */
  #evict(): void {
    for (const [key, hot] of this.#values) {
      this.#delete(key, hot);
      if (!hot.isUsed) return;
      hot.isUsed = false;
      this.#values.set(key, hot);
      this.#bytes += hot.bytes;
    }
  }

  #delete(key: string, hot: HotValue<V>): void {
    this.#values.delete(key);
    this.#bytes -= hot.bytes;
  }
}
