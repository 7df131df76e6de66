// Many values in one call of the addon: as they lie in its buffers.

import { checkIterable, show } from '../checks/arguments.js';
import type { Codec, EncodedValue } from '../codec/codec.js';
import { TOO_LARGE_LENGTH } from '../codec/codec.js';
import { argumentTypeError } from '../errors/errors.js';
import { NO_VALUE } from '../native/addon.js';
import { checkKey } from './key.js';
import { readBuffer } from './read-buffer.js';
import { checkValue } from './value-check.js';

/** Keys and values side by side, as setMany takes them; throws a TypeError for what is no entry. */
export function splitEntries<V>(entries: Iterable<readonly [string, V]>): {
  keys: string[];
  values: V[];
} {
  checkIterable('entries', entries, 'a Map or an array of pairs [key, value]');
  const keys: string[] = [];
  const values: V[] = [];
  for (const entry of entries) {
    if (!Array.isArray(entry)) {
      throw argumentTypeError(`An entry must be a pair [key, value]; it is ${show(entry)}.`);
    }
    const [key, value] = entry;
    checkKey(key);
    checkValue(value);
    keys.push(key);
    values.push(value);
  }
  return { keys, values };
}

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
