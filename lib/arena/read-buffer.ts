// The buffer that native reads copy to. All stores of the environment share one, and so do all instances of
// this module: a read is decoded before the next one starts.

import { native } from '../native/addon.js';
import { bytesIn, type NativeRead, Outcome } from '../native/outcomes.js';

export const readBuffer: Buffer = native.readBuffer;

/**
 * Reads natively, again with a buffer of its own where the value needs one, and runs `decode` on what was
 * copied. Returns undefined for a miss or a path that has no state, and what `fail` returns for an outcome
 * that is an error. The result of `decode` MUST NOT refer to the buffer.
 */
export function readThrough<T>(
  read: NativeRead,
  id: number,
  key: string,
  decode: (bytes: Buffer, length: number) => T,
  fail: (outcome: number) => Error,
): T | undefined {
  let bytes = readBuffer;
  let length = bytesIn(read(id, key));
  // Another thread may put a larger value in between.
  while (length > bytes.length) {
    bytes = Buffer.allocUnsafeSlow(2 ** Math.ceil(Math.log2(length)));
    native.setReadBuffer(bytes);
    try {
      length = bytesIn(read(id, key));
    } finally {
      native.setReadBuffer();
    }
  }
  if (length >= 0) return decode(bytes, length);
  if (length === Outcome.miss || length === Outcome.noState) return undefined;
  throw fail(length);
}

/** A copy of the value in the read buffer. */
export function copyOf(bytes: Buffer, length: number): Buffer {
  return Buffer.from(bytes.subarray(0, length));
}
