// What a flight came to, for all who wait for it: each takes a copy, which is what a later reader of the
// cache would get.

import type { Destination } from '../codec/codec.js';
import { MsgpackCodec } from '../codec/msgpack-codec.js';
import type { FlightCodec } from './flight-result.js';

/** A value that takes more is copied only for a cache that takes it. */
const MAX_BYTES = 256 * 1024 * 1024;

const codec = new MsgpackCodec();

export class Copies<T> {
  readonly #encoded: Buffer | undefined;
  readonly #value: T | undefined;

  private constructor(encoded: Buffer | undefined, value?: T) {
    this.#encoded = encoded;
    this.#value = value;
  }

  /**
   * Throws an EncodeError for a value that cannot be stored. One that takes more than 256 MiB, and more
   * than the destination takes, is not copied: all who take it get the value itself.
   */
  static of<T>(value: T, to: Destination): Copies<T> {
    const bytes = codec.encode(value, 0, {
      largestValue: () => Math.max(MAX_BYTES, to.largestValue()),
    });
    if (bytes === undefined) return new Copies<T>(undefined, value);
    return new Copies<T>(Buffer.from(bytes.subarray(bytes.start, bytes.end)));
  }

  /** Takes a value that is encoded already; the bytes belong to the copies from then on. */
  static ofEncoded<T>(bytes: Uint8Array): Copies<T> {
    return new Copies<T>(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length));
  }

  /** A copy. */
  take(): T {
    if (this.#encoded === undefined) return this.#value as T;
    return codec.decode(this.#encoded, this.#encoded.length) as T;
  }

  /** The encoded value, not to be changed; undefined for one that is not copied. */
  get encoded(): Buffer | undefined {
    return this.#encoded;
  }

  /** The encoded value, also of one that is not copied. Throws an EncodeError for more than 2 GiB. */
  encode(): Uint8Array {
    if (this.#encoded !== undefined) return this.#encoded;
    const bytes = codec.encode(this.#value);
    return bytes.subarray(bytes.start, bytes.end);
  }
}

/** The codec of flights of which the result is copies: other threads get the bytes. */
export function copiesCodec<T>(): FlightCodec<Copies<T>> {
  return {
    encode: (copies) => copies.encode(),
    decode: (bytes) => Copies.ofEncoded<T>(bytes),
  };
}
