// Many values in one call of the addon, in the layout of its buffers.

import { checkIterable, show } from '../checks/arguments.js';
import type { Codec, EncodedValue } from '../codec/codec.js';
import { TOO_LARGE_LENGTH } from '../codec/codec.js';
import type { FieldNames } from '../codec/field-names.js';
import { argumentTypeError } from '../errors/errors.js';
import { native } from '../native/addon.js';
import { MAX_KEYS, NO_VALUE } from '../native/outcomes.js';
import { checkKey } from './key.js';
import { readBuffer } from './read-buffer.js';
import type { CheckedSetOptions } from './set-options.js';
import type { StoreHandle } from './store-handle.js';
import { checkValue } from './value-check.js';
import { releaseIfLarge, setWriteBuffer } from './write-buffer.js';

/**
 * Reads the values of the keys, undefined for a miss. `get` reads a value that does not fit the read buffer.
 * Throws a TypeError or RangeError for a bad key, and then nothing is read.
 */
export function readMany(
  handle: StoreHandle,
  codec: Codec,
  keys: readonly string[],
  get: (key: string) => unknown,
): unknown[] {
  const all: string[] = [...keys];
  all.forEach(checkKey);
  const values: unknown[] = [];
  while (values.length < all.length) {
    const from = values.length;
    const done = native.getMany(handle.timedId(), ...all.slice(from, from + MAX_KEYS));
    if (done < 0) throw handle.failure(done, all[from]!);
    // The next value does not fit the buffer.
    if (done === 0) values.push(get(all[from]!));
    else decodeMany(codec, handle.names, done, values);
  }
  return values;
}

/**
 * Stores all entries, and returns whether each is stored; `onPut` is called for each key before that. Throws
 * for a bad key or value, and then nothing is stored.
 */
export function writeMany<V>(
  handle: StoreHandle,
  codec: Codec,
  entries: Iterable<readonly [string, V]>,
  { ttl, cost }: CheckedSetOptions,
  onPut: (key: string) => void,
): boolean[] {
  const { keys, values } = splitEntries(entries);
  const encoded = codec.encodeAll(values, handle.destination);
  setWriteBuffer(encoded);
  try {
    let start = 0;
    for (let from = 0; from < keys.length; from += MAX_KEYS) {
      const some = keys.slice(from, from + MAX_KEYS);
      some.forEach(onPut);
      start = native.setMany(handle.timedId(), start, ttl, cost, ...some);
      if (start < 0) throw handle.failure(start, some[0]!);
    }
    return outcomesOf(encoded, keys.length);
  } finally {
    releaseIfLarge(encoded);
  }
}

/** Keys and values side by side, as setMany takes them; throws a TypeError for what is not an entry. */
function splitEntries<V>(entries: Iterable<readonly [string, V]>): {
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

/** Decodes what native.getMany left in the read buffer. */
function decodeMany(codec: Codec, names: FieldNames, count: number, values: unknown[]): void {
  const bytes = readBuffer;
  let at = 0;
  for (let i = 0; i < count; i++) {
    const length = bytes.readUInt32LE(at);
    at += 4;
    if (length === NO_VALUE) {
      values.push(undefined);
    } else {
      values.push(codec.decodeRange(bytes, at, at + length, names));
      at += length;
    }
  }
}

/** Reads the outcomes that native.setMany left behind the lengths. */
function outcomesOf(encoded: EncodedValue, count: number): boolean[] {
  const view = new DataView(encoded.buffer, encoded.byteOffset, encoded.end);
  const outcomes: boolean[] = [];
  for (let at = 0; outcomes.length < count; ) {
    const length = view.getUint32(at, true);
    outcomes.push(view.getUint32(at + 4, true) === 0);
    at += 8 + (length === TOO_LARGE_LENGTH ? 0 : length);
  }
  return outcomes;
}
