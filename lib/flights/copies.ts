// The result of a flight, for all callers that wait for it: each takes a copy, which equals what a later
// reader of the cache gets.

import type { Destination } from '../codec/codec.js';
import { MsgpackCodec } from '../codec/msgpack-codec.js';
import type { FlightCodec } from './flight-result.js';

/** A larger value is copied only for a cache that can store it. */
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
   * Throws an EncodeError for a value that cannot be stored. A value of more than 256 MiB that is also larger
   * than the destination accepts is not copied: all callers get the value itself.
   */
  static of<T>(value: T, to: Destination): Copies<T> {
    const bytes = codec.encode(value, 0, {
      largestValue: () => Math.max(MAX_BYTES, to.largestValue()),
    });
    if (bytes === undefined) return new Copies<T>(undefined, value);
    return new Copies<T>(Buffer.from(bytes.subarray(bytes.start, bytes.end)));
  }

  /** Makes copies of a value that is encoded already; the caller MUST NOT change the bytes afterwards. */
  static ofEncoded<T>(bytes: Uint8Array): Copies<T> {
    return new Copies<T>(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length));
  }

  /** Returns a copy. */
  take(): T {
    if (this.#encoded === undefined) return this.#value as T;
    return codec.decode(this.#encoded, this.#encoded.length) as T;
  }

  /** The encoded value, which MUST NOT be changed; undefined for one that is not copied. */
  get encoded(): Buffer | undefined {
    return this.#encoded;
  }

  /** The encoded value, even of one that is not copied. Throws an EncodeError for more than 2 GiB. */
  encode(): Uint8Array {
    if (this.#encoded !== undefined) return this.#encoded;
    const bytes = codec.encode(this.#value);
    return bytes.subarray(bytes.start, bytes.end);
  }
}

/** The codec of flights whose results are copies: other threads get the bytes. */
export function copiesCodec<T>(): FlightCodec<Copies<T>> {
  return {
    encode: (copies) => copies.encode(),
    decode: (bytes) => Copies.ofEncoded<T>(bytes),
  };
}
