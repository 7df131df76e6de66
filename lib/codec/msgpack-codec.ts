// Values as msgpack: written by our own encoder, read by msgpackr. Its records are off: their readers
// are code generated from keys that come with the files.

import './boxes.js';
import type { Codec, EncodedValue } from './codec.js';
import { encode, encodeAll } from './encoder.js';
import { Unpackr } from './msgpackr.js';

const OPTIONS = { useRecords: false, moreTypes: true, copyBuffers: true };

/**
 * Dates, Maps, Sets, typed arrays, Buffers, bigints and regular expressions come back as what they
 * were, and errors with their name, message and cause. What msgpack cannot tell apart changes:
 * objects of other classes or without a prototype become plain ones (`toJSON` is not called), holes
 * in arrays undefined, -0 becomes 0, and each lone surrogate in a string or an object's key turns
 * into U+FFFD. Keys that are symbols, and names given to arrays, are left out.
 */
export class MsgpackCodec implements Codec {
  readonly #unpackr = new Unpackr(OPTIONS);

  encode(value: unknown): EncodedValue {
    return encode(value);
  }

  encodeAll(values: readonly unknown[]): EncodedValue {
    return encodeAll(values);
  }

  decode(bytes: Uint8Array, length: number): unknown {
    return this.#unpackr.unpack(bytes, length);
  }

  decodeRange(bytes: Uint8Array, start: number, end: number): unknown {
    return this.#unpackr.unpack(bytes, { start, end });
  }
}
