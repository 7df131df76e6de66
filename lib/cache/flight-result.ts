// What comes of a flight, as the bytes that go to other threads: one that says whether it is a value
// or a rejection, and then the value as the cache encodes it, or the rejection as msgpack.

import { unboxError } from '../codec/boxes.js';
import { decode } from '../codec/decoder.js';
import { encode } from '../codec/encoder.js';
import { EbbcacheError } from '../errors.js';

const VALUE = 0;
const REJECTION = 1;

/** Of a chain of causes; one that goes round in a circle is as long as it likes. */
const MOST_CAUSES = 16;

/** How a value becomes bytes and is made of them again, in another thread. */
export interface FlightCodec<T> {
  /** May throw for a value that it cannot carry. The bytes are copied before it is called again. */
  encode(value: T): Uint8Array;
  decode(bytes: Uint8Array): T;
}

/** An error, or anything else that was thrown. */
type Reason = { error: ErrorRecord } | { value: unknown };

interface ErrorRecord {
  name: string;
  message: string;
  stack: string | undefined;
  code: string | number | undefined;
  cause: Reason;
}

/**
 * A value that cannot be encoded becomes a rejection that says so. Were those who wait to run the
 * work themselves, each would come to the same value, one after the other.
 */
export function encodeValue<T>(value: T, codec: FlightCodec<T>): Uint8Array {
  try {
    return tagged(VALUE, codec.encode(value));
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
    return tagged(REJECTION, encoded(toReason(reason, 0)));
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    const error = new EbbcacheError(
      'ERR_EBBCACHE_VALUE',
      `Another thread's work failed, and why cannot be passed on to this one: ${why}`,
    );
    return tagged(REJECTION, encoded(toReason(error, 0)));
  }
}

/** The value; throws what the work was rejected with, or what the codec throws. */
export function decodeResult<T>(bytes: Uint8Array, codec: FlightCodec<T>): T {
  const content = bytes.subarray(1);
  if (bytes[0] === VALUE) return codec.decode(content);
  const buffer = Buffer.from(content.buffer, content.byteOffset, content.length);
  throw fromReason(decode(buffer, 0, buffer.length) as Reason);
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

function toReason(reason: unknown, depth: number): Reason {
  if (!(reason instanceof Error)) return { value: reason };
  const { name, message, stack, cause } = reason;
  const code = 'code' in reason ? reason.code : undefined;
  return {
    error: {
      name: String(name),
      message: String(message),
      stack: typeof stack === 'string' ? stack : undefined,
      code: typeof code === 'string' || typeof code === 'number' ? code : undefined,
      cause: depth < MOST_CAUSES ? toCause(cause, depth + 1) : { value: undefined },
    },
  };
}

/** One that cannot be encoded is left out: the error says more than that it cannot. */
function toCause(cause: unknown, depth: number): Reason {
  const reason = toReason(cause, depth);
  if ('error' in reason) return reason;
  try {
    encode(reason);
    return reason;
  } catch {
    return { value: undefined };
  }
}

function fromReason(reason: Reason): unknown {
  if (!('error' in reason)) return reason.value;
  const { name, message, stack, code, cause } = reason.error;
  const error = unboxError([name, message, fromReason(cause)]);
  if (stack !== undefined) error.stack = stack;
  return code === undefined ? error : Object.assign(error, { code });
}
