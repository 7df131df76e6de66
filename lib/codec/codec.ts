/** A buffer with the encoded value from `start` to `end`; the next call of `encode` may reuse it. */
export type EncodedValue = Uint8Array & { start: number; end: number };

/** From a value to bytes and back: all that the caches know of an encoding. */
export interface Codec {
  /** Throws an {@link EncodeError} for a value that it cannot carry. */
  encode(value: unknown): EncodedValue;
  /** The value in the first `length` bytes; nothing in it refers to them. */
  decode(bytes: Uint8Array, length: number): unknown;
}
