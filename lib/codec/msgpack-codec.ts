// Values as msgpack: written by our own encoder, and read by our own decoder or, what is foreign, by
// msgpackr.

import type { Codec, Destination, EncodedValue } from './codec.js';
import { decode } from './decoder.js';
import { encode, encodeAll } from './encoder.js';

/**
 * Strings of any units, numbers with -0, Dates, Maps, Sets, typed arrays, Buffers, bigints, regular
 * expressions and arrays with holes come back as what they were, of this realm whatever theirs was, and
 * errors with their name, message and cause. What msgpack cannot tell apart changes: objects of other
 * classes or without a prototype become plain ones of their own fields (`toJSON` is not called), those of
 * a subclass of a built-in class become that one's, and a SharedArrayBuffer or resizable ArrayBuffer an
 * ArrayBuffer. Fields that are symbols or not enumerable, and names given to arrays, are left out.
 *
 * All else is refused: functions, symbols, built-in objects with content that cannot be copied (a URL, a
 * Promise, an iterator) and what extends them, and objects of a class that have no fields of their own.
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
