// What comes of a flight, as the bytes that go to other threads: one that says whether it is a value,
// one to be kept, or a rejection, and then the value as the cache encodes it, or the rejection as msgpack.

import { decode } from '../codec/decoder.js';
import { encode } from '../codec/encoder.js';
import { EbbcacheError } from '../errors.js';
import { type PackedRejection, packRejection, unpackRejection } from './rejection.js';

const VALUE = 0;
const REJECTION = 1;
const KEPT_VALUE = 2;

/** A value that another thread came to, and whether it is to be kept. */
export interface Landed<T> {
  value: T;
  isCurrent: boolean;
}

/** How a value becomes bytes and is made of them again, in another thread. */
export interface FlightCodec<T> {
  /** May throw for a value that it cannot carry. The bytes are copied before it is called again. */
  encode(value: T): Uint8Array;
  decode(bytes: Uint8Array): T;
}

/**
 * A value that cannot be encoded becomes a rejection that says so. Were those who wait to run the
 * work themselves, each would come to the same value, one after the other.
 */
export function encodeValue<T>({ value, isCurrent }: Landed<T>, codec: FlightCodec<T>): Uint8Array {
  try {
    return tagged(isCurrent ? KEPT_VALUE : VALUE, codec.encode(value));
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    return encodeRejection(
      new EbbcacheError(
        'ERR_EBBCACHE_VALUE',
        `The result of another thread's work cannot be passed on to this one: ${why}`,
        { cause },
      ),
    );
  }
}

/** Errors with name, message, code, stack and cause; other values as they are. Never throws. */
export function encodeRejection(reason: unknown): Uint8Array {
  try {
    return tagged(REJECTION, encoded(packRejection(reason)));
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    const error = new EbbcacheError(
      'ERR_EBBCACHE_VALUE',
      `Another thread's work failed, and why cannot be passed on to this one: ${why}`,
    );
    return tagged(REJECTION, encoded(packRejection(error)));
  }
}

/** The value; throws what the work was rejected with, or what the codec throws. */
export function decodeResult<T>(bytes: Uint8Array, codec: FlightCodec<T>): Landed<T> {
  const content = bytes.subarray(1);
  if (bytes[0] !== REJECTION) {
    return { value: codec.decode(content), isCurrent: bytes[0] === KEPT_VALUE };
  }
  const buffer = Buffer.from(content.buffer, content.byteOffset, content.length);
  throw unpackRejection(decode(buffer, 0, buffer.length) as PackedRejection);
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
