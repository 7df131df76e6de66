/** A buffer with the encoded value from `start` to `end`; the next call of `encode` may reuse it. */
export type EncodedValue = Buffer & { start: number; end: number };

/** What `encodeAll` gives as the length of a value that is too large, and has no bytes there. */
export const TOO_LARGE_LENGTH = 0xffffffff;

/** Where an encoded value is to go. */
export interface Destination {
  /** Bytes that it takes at most; asked once a value, and only where that turns out to be large. */
  largestValue(): number;
}

/** Encodes values to bytes, and decodes them: it is all that the caches know of an encoding. */
export interface Codec {
  /**
   * Throws an {@link EncodeError} for a value that it cannot carry. `headroom` bytes before `start`
   * are free for what the caller writes there; what is in them has no meaning. Default 0.
   */
  encode(value: unknown, headroom?: number): EncodedValue;
  /**
   * The same, or undefined for a value that the destination does not take, headroom included: no more
   * of it is encoded than what shows that.
   */
  encode(value: unknown, headroom: number, to: Destination): EncodedValue | undefined;
  /**
   * All values, each behind its length and 32 bits of room (32 bits each, little-endian); of one that
   * the destination does not take has only TOO_LARGE_LENGTH and the room. The path of an error begins with
   * the index of the value.
   */
  encodeAll(values: readonly unknown[], to?: Destination): EncodedValue;
  /** The value in the first `length` bytes; nothing in it refers to them. */
  decode(bytes: Buffer, length: number): unknown;
  /** The same from `start` to `end`. */
  decodeRange(bytes: Buffer, start: number, end: number): unknown;
}
