// The buffer that this thread's native reads copy to. One for all stores: a read is decoded before
// the next one starts.

import { type NativeRead, native, Outcome } from '../native.js';

const INITIAL_BYTES = 64 * 1024;
/** Larger values get a buffer for the one read, so that a rare giant does not stay. */
const KEPT_BYTES = 1024 * 1024;

export let readBuffer = Buffer.allocUnsafeSlow(INITIAL_BYTES);
native.setReadBuffer(readBuffer);

/**
 * Reads natively, again with a larger buffer where the value needs one, and runs `decode` on what was
 * copied; undefined for a miss or a path that has no state, and what `fail` gives for an outcome that is an error. Nothing that
 * `decode` returns may refer to the buffer.
 */
export function readThrough<T>(
  read: NativeRead,
  id: number,
  key: string,
  decode: (bytes: Buffer, length: number) => T,
  fail: (outcome: number) => Error,
): T | undefined {
  let length = read(id, key);
  const kept = readBuffer;
  // Another thread may put a larger value in between.
  while (length > readBuffer.length) {
    readBuffer = Buffer.allocUnsafeSlow(2 ** Math.ceil(Math.log2(length)));
    native.setReadBuffer(readBuffer);
    length = read(id, key);
  }
  try {
    if (length >= 0) return decode(readBuffer, length);
    if (length === Outcome.miss || length === Outcome.noState) return undefined;
    throw fail(length);
  } finally {
    if (readBuffer.length > KEPT_BYTES) {
      readBuffer = kept;
      native.setReadBuffer(kept);
    }
  }
}
