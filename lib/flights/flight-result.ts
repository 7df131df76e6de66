// The result of a flight, as the bytes that go to other threads. The first byte says whether it is a value or
// a rejection, and whether it is to be kept. Then follows the value as the cache encodes it, or the rejection
// as msgpack.

import { decode } from '../codec/decoder.js';
import { encode } from '../codec/encoder.js';
import { EbbcacheError } from '../errors/errors.js';
import { type PackedRejection, packRejection, unpackRejection } from './rejection.js';

const VALUE = 0;
const REJECTION = 1;
const KEPT_VALUE = 2;
const KEPT_REJECTION = 3;

/** The value of the work of a flight, and whether it is to be kept. */
export interface CompletedValue<T> {
  value: T;
  isCurrent: boolean;
}

/** The rejection of the work of a flight, and whether it is to be kept. */
export interface CompletedRejection {
  reason: unknown;
  isCurrent: boolean;
}

export type Completed<T> = CompletedValue<T> | CompletedRejection;

/** How a value is encoded to bytes, and decoded in another thread. */
export interface FlightCodec<T> {
  /** May throw for a value that it cannot carry. The bytes are copied before it is called again. */
  encode(value: T): Uint8Array;
  decode(bytes: Uint8Array): T;
}

/**
 * A value that cannot be encoded becomes a rejection that says so. If the callers that wait ran the work
 * themselves instead, each would make the same value, one after the other.
 */
export function encodeValue<T>(
  { value, isCurrent }: CompletedValue<T>,
  codec: FlightCodec<T>,
): Uint8Array {
  try {
    return tagged(isCurrent ? KEPT_VALUE : VALUE, codec.encode(value));
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    const reason = new EbbcacheError(
      'ERR_EBBCACHE_VALUE',
      `The result of another thread's work cannot be passed on to this one: ${why}`,
      { cause },
    );
    return encodeRejection({ reason, isCurrent: false });
  }
}

/** Packs the rejection as packRejection does. Never throws. */
export function encodeRejection({ reason, isCurrent }: CompletedRejection): Uint8Array {
  try {
    return tagged(isCurrent ? KEPT_REJECTION : REJECTION, encoded(packRejection(reason)));
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    const error = new EbbcacheError(
      'ERR_EBBCACHE_VALUE',
      `Another thread's work failed, and why cannot be passed on to this one: ${why}`,
    );
    return tagged(REJECTION, encoded(packRejection(error)));
  }
}

/** Throws the errors of the codec. */
export function decodeResult<T>(bytes: Uint8Array, codec: FlightCodec<T>): Completed<T> {
  const content = bytes.subarray(1);
  const isCurrent = bytes[0] === KEPT_VALUE || bytes[0] === KEPT_REJECTION;
  if (bytes[0] === VALUE || bytes[0] === KEPT_VALUE) {
    return { value: codec.decode(content), isCurrent };
  }
  const buffer = Buffer.from(content.buffer, content.byteOffset, content.length);
  const reason = unpackRejection(decode(buffer, 0, buffer.length) as PackedRejection);
  return { reason, isCurrent };
}

function tagged(tag: number, content: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(1 + content.length);
  bytes[0] = tag;
  bytes.set(content, 1);
  return bytes;
}

function encoded(value: unknown): Uint8Array {
  const bytes = encode(value);
  return bytes.subarray(bytes.start, bytes.end);
}
