/** A buffer with the encoded value from `start` to `end`; the next call of `encode` may reuse it. */
export type EncodedValue = Buffer & { start: number; end: number };

/** From a value to bytes and back: all that the caches know of an encoding. */
export interface Codec {
  /**
   * Throws an {@link EncodeError} for a value that it cannot carry. `headroom` bytes before `start`
   * are free for what the caller writes there; what is in them is of before. Default 0.
   */
  encode(value: unknown, headroom?: number): EncodedValue;
  /** What is encoded already, copied to where `encode` writes. */
  carry(encoded: Uint8Array): EncodedValue;
  /**
   * All values, each behind its length and 32 bits of room (32 bits each, little-endian). The path of
   * an error begins with the index of the value.
   */
  encodeAll(values: readonly unknown[]): EncodedValue;
  /** The value in the first `length` bytes; nothing in it refers to them. */
  decode(bytes: Buffer, length: number): unknown;
  /** The same from `start` to `end`. */
  decodeRange(bytes: Buffer, start: number, end: number): unknown;
}
