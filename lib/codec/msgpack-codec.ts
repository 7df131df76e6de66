// Values as msgpack: written and read by our own encoder and decoder, and by msgpackr what is rare.

import type { Codec, EncodedValue } from './codec.js';
import { decode } from './decoder.js';
import { carry, encode, encodeAll } from './encoder.js';

/**
 * Dates, Maps, Sets, typed arrays, Buffers, bigints and regular expressions come back as what they
 * were, and errors with their name, message and cause. What msgpack cannot tell apart changes:
 * objects of other classes or without a prototype become plain ones (`toJSON` is not called), holes
 * in arrays undefined, -0 becomes 0, and each lone surrogate in a string or an object's key turns
 * into U+FFFD. Keys that are symbols, and names given to arrays, are left out.
 */
export class MsgpackCodec implements Codec {
  encode(value: unknown, headroom?: number): EncodedValue {
    return encode(value, headroom);
  }

  carry(encoded: Uint8Array): EncodedValue {
    return carry(encoded);
  }

  encodeAll(values: readonly unknown[]): EncodedValue {
    return encodeAll(values);
  }

  decode(bytes: Buffer, length: number): unknown {
    return decode(bytes, 0, length);
  }

  decodeRange(bytes: Buffer, start: number, end: number): unknown {
    return decode(bytes, start, end);
  }
}
