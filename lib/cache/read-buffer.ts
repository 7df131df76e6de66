// The buffer that this thread's native reads copy to. One for all stores: a read is decoded before
// the next one starts.

import { native } from '../native.js';

const INITIAL_BYTES = 64 * 1024;
/** Larger values get a buffer for the one read, so that a rare giant does not stay. */
const KEPT_BYTES = 1024 * 1024;

let buffer = Buffer.allocUnsafeSlow(INITIAL_BYTES);
native.setReadBuffer(buffer);

/**
 * Runs a native read, again with a larger buffer where the value needs one, and `decode` on what it
 * copied; undefined for a miss. Nothing that `decode` returns may refer to the buffer.
 */
export function readThrough<T>(
  read: () => number,
  decode: (bytes: Buffer, length: number) => T,
): T | undefined {
  let length = read();
  if (length <= buffer.length) return length < 0 ? undefined : decode(buffer, length);
  const kept = buffer;
  // Another thread may put a larger value in between.
  while (length > buffer.length) {
    buffer = Buffer.allocUnsafeSlow(2 ** Math.ceil(Math.log2(length)));
    native.setReadBuffer(buffer);
    length = read();
  }
  try {
    return length < 0 ? undefined : decode(buffer, length);
  } finally {
    if (buffer.length > KEPT_BYTES) {
      buffer = kept;
      native.setReadBuffer(kept);
    }
  }
}
