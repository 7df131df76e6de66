// Encodes values as msgpack with our own encoder, and decodes them with our own decoder or, where they are
// foreign, with msgpackr.

import type { Codec, Destination, EncodedValue } from './codec.js';
import { decode } from './decoder.js';
import { encode, encodeAll } from './encoder.js';
import type { FieldNames } from './field-names.js';

/**
 * Strings of any units, numbers with -0, Dates, Maps, Sets, typed arrays, Buffers, bigints, regular
 * expressions and arrays with holes keep their type, in this realm whatever their own was, and errors keep
 * their name, message and cause.
 *
 * Values that msgpack cannot distinguish change: objects of other classes or without a prototype become plain
 * ones of their own fields (`toJSON` is not called), those of a subclass of a built-in class become objects
 * of the built-in class, and a SharedArrayBuffer or resizable ArrayBuffer becomes an ArrayBuffer. Fields that
 * are symbols or not enumerable, and names given to arrays, are left out.
 *
 * All other values are refused: functions, symbols, built-in objects with content that cannot be copied (a
 * URL, a Promise, an iterator), objects that extend these, and objects of a class that have no fields of
 * their own.
 *
 * The content of a built-in object is read from the engine, whatever its properties are.
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

  decode(bytes: Buffer, length: number, names?: FieldNames): unknown {
    return decode(bytes, 0, length, names);
  }

  decodeRange(bytes: Buffer, start: number, end: number, names?: FieldNames): unknown {
    return decode(bytes, start, end, names);
  }
}
