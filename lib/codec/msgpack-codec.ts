// Values as msgpack: written by our own encoder, and read by our own decoder or, what is foreign, by
// msgpackr.

import type { Codec, Destination, EncodedValue } from './codec.js';
import { decode } from './decoder.js';
import { encode, encodeAll } from './encoder.js';

/**
 * Dates, Maps, Sets, typed arrays, Buffers, bigints and regular expressions come back as what they
 * were, and errors with their name, message and cause. What msgpack cannot tell apart changes:
 * objects of other classes or without a prototype become plain ones (`toJSON` is not called), those
 * of a subclass of a built-in class become that one's, a SharedArrayBuffer an ArrayBuffer, holes
 * in arrays undefined, -0 becomes 0, and each lone surrogate in a string or an object's key turns
 * into U+FFFD. Keys that are symbols, and names given to arrays, are left out.
 *
 * What a built-in object holds is what the engine says of it, whatever its properties say.
 */
export class MsgpackCodec implements Codec {
  encode(value: unknown, headroom?: number): EncodedValue;
  encode(value: unknown, headroom: number, to: Destination): EncodedValue | undefined;
  encode(value: unknown, headroom?: number, to?: Destination): EncodedValue | undefined {
    return encode(value, headroom, to);
  }

  encodeAll(values: readonly unknown[], to?: Destination): EncodedValue {
    return encodeAll(values, to);
  }

  decode(bytes: Buffer, length: number): unknown {
    return decode(bytes, 0, length);
  }

  decodeRange(bytes: Buffer, start: number, end: number): unknown {
    return decode(bytes, start, end);
  }
}
