// Many values in one call of the addon: as they lie in its buffers.

import type { Codec, EncodedValue } from '../codec/codec.js';
import { TOO_LARGE_LENGTH } from '../codec/codec.js';
import { NO_VALUE } from '../native.js';
import { readBuffer } from './read-buffer.js';

/** What native.getMany left in the read buffer. */
export function decodeMany(codec: Codec, count: number, values: unknown[]): void {
  const bytes = readBuffer;
  let at = 0;
  for (let i = 0; i < count; i++) {
    const length = bytes.readUInt32LE(at);
    at += 4;
    if (length === NO_VALUE) {
      values.push(undefined);
    } else {
      values.push(codec.decodeRange(bytes, at, at + length));
      at += length;
    }
  }
}

/** What native.setMany left behind the lengths. */
export function outcomesOf(encoded: EncodedValue, count: number): boolean[] {
  const view = new DataView(encoded.buffer, encoded.byteOffset, encoded.end);
  const outcomes: boolean[] = [];
  for (let at = 0; outcomes.length < count; ) {
    const length = view.getUint32(at, true);
    outcomes.push(view.getUint32(at + 4, true) === 0);
    at += 8 + (length === TOO_LARGE_LENGTH ? 0 : length);
  }
  return outcomes;
}
