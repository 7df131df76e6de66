/** A buffer with the encoded value from `start` to `end`; the next call of `encode` may reuse it. */
export type EncodedValue = Buffer & { start: number; end: number };

import type { FieldNames } from './field-names.js';

/** The length that `encodeAll` writes for a value that is too large, which has no bytes there. */
export const TOO_LARGE_LENGTH = 0xffffffff;

/** The destination of an encoded value. */
export interface Destination {
  /**
   * The maximum number of bytes that it accepts; it is called once a value, and only where the value may be
   * large.
   */
  largestValue(): number;
}

/** Encodes values to bytes, and decodes them: the caches know nothing else about an encoding. */
export interface Codec {
  /**
   * Throws an {@link EncodeError} for a value that it cannot carry. The caller may write to the `headroom`
   * bytes before `start`, whose content is undefined. Default 0.
   */
  encode(value: unknown, headroom?: number): EncodedValue;
  /**
   * Does the same, or returns undefined for a value that the destination does not accept, headroom included:
   * no more of the value is encoded than is needed to find that out.
   */
  encode(value: unknown, headroom: number, to: Destination): EncodedValue | undefined;
  /**
   * Encodes all values, each behind its length and 32 bits of room (32 bits each, little-endian). A value
   * that the destination does not accept has only TOO_LARGE_LENGTH and the room. The path of an error begins
   * with the index of the value.
   */
  encodeAll(values: readonly unknown[], to?: Destination): EncodedValue;
  /**
   * The value in the first `length` bytes; it does not refer to them. Throws for bytes of no value, and for a
   * compact value of a dictionary that is not among `names`.
   */
  decode(bytes: Buffer, length: number, names?: FieldNames): unknown;
  /** The value from `start` to `end`, under the same conditions. */
  decodeRange(bytes: Buffer, start: number, end: number, names?: FieldNames): unknown;
}
