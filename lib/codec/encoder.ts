// Encodes values to msgpack, one or many, in the buffer of output.ts.

import { type Destination, type EncodedValue, TOO_LARGE_LENGTH } from './codec.js';
import { EncodeError } from './encode-error.js';
import {
  begin,
  beginAt,
  busy,
  bytes,
  grow,
  release,
  SLACK_BYTES,
  TOO_LARGE,
  useAnotherOutput,
  view,
} from './output.js';
import { useAnotherPath, write } from './walk.js';

/**
 * Encodes the value from `start` to `end` of a buffer that the next call uses again; undefined where it is
 * too large. Before it are `headroom` free bytes, whose content is undefined.
 */
export function encode(value: unknown, headroom?: number): EncodedValue;
export function encode(
  value: unknown,
  headroom?: number,
  to?: Destination,
): EncodedValue | undefined;
export function encode(value: unknown, headroom = 0, to?: Destination): EncodedValue | undefined {
  if (busy) return encodeBesides(value, headroom, to);
  begin(to);
  try {
    const end = write(value, headroom, 0);
    bytes.start = headroom;
    bytes.end = end;
    return bytes;
  } catch (cause) {
    if (cause === TOO_LARGE) return undefined;
    throw asEncodeError(cause);
  } finally {
    release();
  }
}

/** Encodes each value behind its length and room for an outcome, of 32 bits each, little-endian. */
export function encodeAll(values: readonly unknown[], to?: Destination): EncodedValue {
  if (busy) return encodeAllBesides(values, to);
  begin(to);
  let i = 0;
  try {
    let at = 0;
    for (; i < values.length; i++) {
      if (at + SLACK_BYTES > bytes.length) grow(at + SLACK_BYTES);
      const begin = at + 8;
      const end = writeOneOf(values[i], begin);
      view.setUint32(at, end < 0 ? TOO_LARGE_LENGTH : end - begin, true);
      at = end < 0 ? begin : end;
    }
    bytes.start = 0;
    bytes.end = at;
    return bytes;
  } catch (cause) {
    throw asEncodeError(cause).within(i);
  } finally {
    release();
  }
}

/** Returns the end of the value; -1 for one that is too large. */
function writeOneOf(value: unknown, at: number): number {
  beginAt(at);
  try {
    return write(value, at, 0);
  } catch (cause) {
    if (cause === TOO_LARGE) return -1;
    throw cause;
  }
}

function asEncodeError(cause: unknown): EncodeError {
  if (cause instanceof EncodeError) {
    // The levels of the value would fill the stack trace, and hide the caller that stores it.
    Error.captureStackTrace(cause, asEncodeError);
    return cause;
  }
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new EncodeError('', `cannot be encoded: ${reason}`, { cause });
}

// This is a function apart from encode and encodeAll, because a function that makes a closure of its
// arguments allocates them at each call.

function encodeBesides(value: unknown, headroom: number, to: Destination | undefined) {
  return besides(() => encode(value, headroom, to));
}

function encodeAllBesides(values: readonly unknown[], to: Destination | undefined) {
  return besides(() => encodeAll(values, to));
}

/** Runs the work in a buffer of its own, while another value is being written. */
function besides<T>(work: () => T): T {
  const restoreOutput = useAnotherOutput();
  const restorePath = useAnotherPath();
  try {
    return work();
  } finally {
    restoreOutput();
    restorePath();
  }
}
