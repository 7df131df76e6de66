// JSON of the values that were read. The addon makes it of the encoded bytes, where it knows what JSON.stringify
// makes of the value, and where nothing has changed what JSON.stringify does.

import type { Codec } from '../codec/codec.js';
import { MsgpackCodec } from '../codec/msgpack-codec.js';
import { native } from '../native/addon.js';
import { outcomeError } from '../native/outcomes.js';
import type { StoreHandle } from './store-handle.js';

const codec: Codec = new MsgpackCodec();

// Small Buffers of JSON are parts of larger ones, as those of Node are: an allocation for each took a tenth of
// the time of getJson.
const POOL_BYTES = 64 * 1024;
const MAX_POOLED_BYTES = POOL_BYTES / 4;
let pool: Buffer = Buffer.allocUnsafeSlow(POOL_BYTES);
let poolUsed = 0;

const original = {
  toJSON: Date.prototype.toJSON,
  toISOString: Date.prototype.toISOString,
  valueOf: Date.prototype.valueOf,
  toPrimitive: Date.prototype[Symbol.toPrimitive],
};

/**
 * The JSON of the value in the bytes from `start` to before `end`, where a read of the handle's store has left
 * it; undefined where there is no value or it has no JSON. Throws what JSON.stringify throws.
 */
export function readJson(
  handle: StoreHandle,
  bytes: Buffer,
  start: number,
  end: number,
): Buffer | undefined {
  const json = writeJson(handle, bytes, start, end);
  if (json !== undefined) return json;
  return jsonOf(codec.decodeRange(bytes, start, end, handle.names));
}

/** The same, or undefined for a value whose JSON only JavaScript knows. */
export function writeJson(
  handle: StoreHandle,
  bytes: Buffer,
  start: number,
  end: number,
): Buffer | undefined {
  if (!isJsonOriginal()) return undefined;
  const size = native.writeJson(handle.id, bytes, start, end, pool, poolUsed);
  if (size < 0) return undefined;
  if (size > pool.length - poolUsed) {
    if (size > MAX_POOLED_BYTES) return taken(size);
    pool = taken(POOL_BYTES);
    poolUsed = 0;
  }
  const json = pool.subarray(poolUsed, poolUsed + size);
  poolUsed += size;
  return json;
}

/** A new buffer of so many bytes, with the JSON that was written last at its start. */
function taken(size: number): Buffer {
  const buffer = Buffer.allocUnsafeSlow(size);
  const outcome = native.takeJson(buffer);
  if (outcome < 0) throw outcomeError(outcome);
  return buffer;
}

/** The JSON of a value; undefined for one that has none. */
export function jsonOf(value: unknown): Buffer | undefined {
  const text = JSON.stringify(value) as string | undefined;
  return text === undefined ? undefined : Buffer.from(text);
}

/** Whether dates, arrays and objects have the JSON that the language gives them. */
function isJsonOriginal(): boolean {
  // The class may have been replaced, as by clocks for tests.
  const date = Date.prototype;
  return (
    date.toJSON === original.toJSON &&
    date.toISOString === original.toISOString &&
    date.valueOf === original.valueOf &&
    date[Symbol.toPrimitive] === original.toPrimitive &&
    // Arrays inherit from objects.
    !('toJSON' in Array.prototype)
  );
}
