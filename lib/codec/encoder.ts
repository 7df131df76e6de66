// Writes values as msgpack and checks them on the way: one walk, to one buffer that is used again.
// msgpack has one kind of map, so a Map, an object with an own key that would set its prototype, and
// an error travel in boxes: extensions of ours, see boxes.ts.

import { ERROR_TYPE, MAP_TYPE, OBJECT_TYPE, SET_TYPE } from './boxes.js';
import type { EncodedValue } from './codec.js';
import { EncodeError, formatPath } from './encode-error.js';
import { Packr, RESET_BUFFER_MODE, REUSE_BUFFER_MODE } from './msgpackr.js';
import { textRoom, writeText } from './text.js';

/** Levels of nesting; deeper is taken for a value that refers to itself. */
const MAX_DEPTH = 256;

const INITIAL_BYTES = 64 * 1024;
/** A buffer that a rare giant made larger than this is not kept. */
const KEPT_BYTES = 1024 * 1024;
const MOST_BYTES = 2 ** 31 - 1;
/** What is always free where a value begins: enough for all but strings and what msgpackr writes. */
const SLACK_BYTES = 16;

/** For what is rare: its whole buffer is returned, marked with start and end, and reused. */
const packr = new Packr({ useRecords: false, moreTypes: true, useToJSON: false });
const PACK_MODE = REUSE_BUFFER_MODE | RESET_BUFFER_MODE;

/** By `call` it costs nothing in a compiled loop over keys; Object.hasOwn does, as of V8 11. */
const hasOwn = Object.prototype.hasOwnProperty;

let bytes: EncodedValue;
let view: DataView;
/** A value may begin here at most. */
let lastStart: number;
/** The keys that lead to where the walk is; what is beyond its depth is of before. */
let path: (string | number)[] = [];
/** A getter of a value may encode another one. */
let busy = false;

useBuffer(allocate(INITIAL_BYTES));

/**
 * The value, from `start` to `end` of a buffer that the next call uses again. Before it are
 * `headroom` free bytes, whatever is in them.
 */
export function encode(value: unknown, headroom = 0): EncodedValue {
  if (busy) return besides(() => encode(value, headroom));
  busy = true;
  try {
    const end = write(value, headroom, 0);
    bytes.start = headroom;
    bytes.end = end;
    return bytes;
  } catch (cause) {
    throw asEncodeError(cause);
  } finally {
    release();
  }
}

/** As `encode`, of what is encoded already: a copy of the bytes, whatever they are. */
export function carry(encoded: Uint8Array): EncodedValue {
  if (busy) return besides(() => carry(encoded));
  busy = true;
  try {
    if (encoded.length > bytes.length) grow(encoded.length);
    bytes.set(encoded);
    bytes.start = 0;
    bytes.end = encoded.length;
    return bytes;
  } catch (cause) {
    throw asEncodeError(cause);
  } finally {
    release();
  }
}

/** As `encode`, each value behind its length and 32 bits of room: 32 bits each, little-endian. */
export function encodeAll(values: readonly unknown[]): EncodedValue {
  if (busy) return besides(() => encodeAll(values));
  busy = true;
  let i = 0;
  try {
    let at = 0;
    for (; i < values.length; i++) {
      if (at > lastStart) grow(at + SLACK_BYTES);
      const begin = at + 8;
      const end = write(values[i], begin, 0);
      view.setUint32(at, end - begin, true);
      at = end;
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

function asEncodeError(cause: unknown): EncodeError {
  if (cause instanceof EncodeError) return cause;
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new EncodeError('', `cannot be encoded: ${reason}`, { cause });
}

function release(): void {
  busy = false;
  if (bytes.length > KEPT_BYTES) useBuffer(allocate(INITIAL_BYTES));
}

/** In a buffer of its own, while another value is being written. */
function besides(work: () => EncodedValue): EncodedValue {
  const [outerBytes, outerPath] = [bytes, path];
  useBuffer(allocate(INITIAL_BYTES));
  path = [];
  busy = false;
  try {
    return work();
  } finally {
    busy = true;
    path = outerPath;
    useBuffer(outerBytes);
  }
}

function allocate(size: number): EncodedValue {
  return Object.assign(Buffer.allocUnsafeSlow(size), { start: 0, end: 0 });
}

function useBuffer(buffer: EncodedValue): void {
  bytes = buffer;
  view = new DataView(buffer.buffer, buffer.byteOffset, buffer.length);
  lastStart = buffer.length - SLACK_BYTES;
}

function grow(least: number): void {
  if (least > MOST_BYTES) throw new Error('it takes more than 2 GiB. Store it in parts.');
  const larger = allocate(Math.min(MOST_BYTES, 2 ** Math.ceil(Math.log2(least))));
  larger.set(bytes);
  useBuffer(larger);
}

// Each of these writes at `at` and returns where what it wrote ends.

function write(value: unknown, at: number, depth: number): number {
  if (at > lastStart) grow(at + SLACK_BYTES);
  switch (typeof value) {
    case 'string':
      return writeString(value, at);
    case 'number':
      return writeNumber(value, at);
    case 'object':
      if (value !== null) return writeObject(value, at, depth);
      bytes[at] = 0xc0;
      return at + 1;
    case 'boolean':
      bytes[at] = value ? 0xc3 : 0xc2;
      return at + 1;
    case 'undefined':
      return writeFixExt(0, at);
    case 'bigint':
      return writeByMsgpackr(value, at);
    default:
      throw refusal(`cannot be stored: it is a ${typeof value}. Leave it out.`, depth);
  }
}

function writeString(text: string, at: number): number {
  if (at + text.length * 3 > lastStart) makeTextRoom(text, at);
  return writeText(bytes, text, at);
}

function makeTextRoom(text: string, at: number): void {
  const least = at + textRoom(text) + SLACK_BYTES;
  if (least > bytes.length) grow(least);
}

function writeNumber(value: number, at: number): number {
  if (value >>> 0 === value) return writeUnsigned(value, at);
  if (value >> 0 === value) return writeNegative(value, at);
  bytes[at] = 0xcb;
  view.setFloat64(at + 1, value);
  return at + 9;
}

function writeUnsigned(value: number, at: number): number {
  if (value < 0x80) {
    bytes[at] = value;
    return at + 1;
  }
  if (value < 0x100) {
    bytes[at] = 0xcc;
    bytes[at + 1] = value;
    return at + 2;
  }
  if (value < 0x10000) {
    bytes[at] = 0xcd;
    bytes[at + 1] = value >> 8;
    bytes[at + 2] = value;
    return at + 3;
  }
  bytes[at] = 0xce;
  view.setUint32(at + 1, value);
  return at + 5;
}

function writeNegative(value: number, at: number): number {
  if (value >= -0x20) {
    bytes[at] = value;
    return at + 1;
  }
  if (value >= -0x80) {
    bytes[at] = 0xd0;
    bytes[at + 1] = value;
    return at + 2;
  }
  if (value >= -0x8000) {
    bytes[at] = 0xd1;
    view.setInt16(at + 1, value);
    return at + 3;
  }
  bytes[at] = 0xd2;
  view.setInt32(at + 1, value);
  return at + 5;
}

function writeObject(object: object, at: number, depth: number): number {
  if (depth > MAX_DEPTH) {
    throw refusal(
      `cannot be stored: it is nested deeper than ${MAX_DEPTH} levels or refers to itself. Flatten it.`,
      depth,
    );
  }
  if (Array.isArray(object)) return writeArray(object, at, depth);
  if (Object.getPrototypeOf(object) === Object.prototype) return writeRecord(object, at, depth);
  if (object instanceof Date) return writeDate(object, at);
  if (object instanceof Map) return writeMap(object, at, depth);
  if (object instanceof Set) return writeArray([...object], writeFixExt(SET_TYPE, at), depth);
  if (object instanceof Error) return writeError(object, at, depth);
  if (isCarriedWhole(object)) return writeByMsgpackr(object, at);
  if (isOpaque(object)) {
    throw refusal(
      `cannot be stored: a ${object.constructor.name} has no content to keep. Leave it out.`,
      depth,
    );
  }
  return writeRecord(object, at, depth);
}

function writeArray(array: unknown[], at: number, depth: number): number {
  const { length } = array;
  let end = writeArrayHeader(length, at);
  for (let i = 0; i < length; i++) {
    path[depth] = i;
    end = write(array[i], end, depth + 1);
  }
  return end;
}

function writeArrayHeader(length: number, at: number): number {
  if (length < 0x10) {
    bytes[at] = 0x90 | length;
    return at + 1;
  }
  return writeLargeHeader(0xdc, length, at);
}

/** `token` is that for a count of 16 bits; the next one is for 32. */
function writeLargeHeader(token: number, count: number, at: number): number {
  if (count < 0x10000) {
    bytes[at] = token;
    view.setUint16(at + 1, count);
    return at + 3;
  }
  bytes[at] = token + 1;
  view.setUint32(at + 1, count);
  return at + 5;
}

function writeRecord(object: object, at: number, depth: number): number {
  const record = object as Record<string, unknown>;
  let count = 0;
  let end = at + 1;
  for (const key in record) {
    if (!hasOwn.call(record, key)) continue;
    if (key === '__proto__') return writeBoxedRecord(record, at, depth);
    end = writeString(key, end);
    const member = record[key];
    if (typeof member === 'string') {
      end = writeString(member, end);
    } else {
      path[depth] = key;
      end = write(member, end, depth + 1);
    }
    count++;
  }
  if (count < 0x10) {
    bytes[at] = 0x80 | count;
    return end;
  }
  return widenMapHeader(count, at, end);
}

/** The count is known only now, and does not fit the one byte that was left for it. */
function widenMapHeader(count: number, at: number, end: number): number {
  const more = count < 0x10000 ? 2 : 4;
  if (end > lastStart) grow(end + SLACK_BYTES);
  bytes.copyWithin(at + 1 + more, at + 1, end);
  writeLargeHeader(0xde, count, at);
  return end + more;
}

function writeBoxedRecord(record: Record<string, unknown>, at: number, depth: number): number {
  const entries = Object.entries(record);
  let end = writeArrayHeader(entries.length * 2, writeFixExt(OBJECT_TYPE, at));
  for (const [key, member] of entries) {
    end = write(key, end, depth);
    path[depth] = key;
    end = write(member, end, depth + 1);
  }
  return end;
}

function writeMap(map: Map<unknown, unknown>, at: number, depth: number): number {
  const [keys, members] = [[...map.keys()], [...map.values()]];
  let end = writeArrayHeader(keys.length * 2, writeFixExt(MAP_TYPE, at));
  for (let i = 0; i < keys.length; i++) {
    path[depth] = i * 2;
    end = write(keys[i], end, depth + 1);
    path[depth] = i * 2 + 1;
    end = write(members[i], end, depth + 1);
  }
  return end;
}

/** As a timestamp of 32 bits, of 64 with a part of a second; what needs more is rare. */
function writeDate(date: Date, at: number): number {
  const ms = date.getTime();
  if (!(ms >= 0 && ms < 2 ** 32 * 1000)) return writeByMsgpackr(date, at);
  const seconds = Math.floor(ms / 1000);
  const rest = ms - seconds * 1000;
  bytes[at + 1] = 0xff;
  if (rest === 0) {
    bytes[at] = 0xd6;
    view.setUint32(at + 2, seconds);
    return at + 6;
  }
  bytes[at] = 0xd7;
  view.setUint32(at + 2, rest * 4_000_000);
  view.setUint32(at + 6, seconds);
  return at + 10;
}

function writeError(error: Error, at: number, depth: number): number {
  const { cause } = error;
  let end = writeArrayHeader(3, writeFixExt(ERROR_TYPE, at));
  end = write(String(error.name), end, depth);
  end = write(String(error.message), end, depth);
  path[depth] = 'cause';
  return write(cause, end, depth + 1);
}

/** An extension of one byte, 0: that of undefined is all there is, others announce a box. */
function writeFixExt(type: number, at: number): number {
  bytes[at] = 0xd4;
  bytes[at + 1] = type;
  bytes[at + 2] = 0;
  return at + 3;
}

function writeByMsgpackr(value: unknown, at: number): number {
  const packed = packr.pack(value, PACK_MODE) as EncodedValue;
  const { start, end, length } = packed;
  const after = at + end - start;
  if (after > lastStart) grow(after + SLACK_BYTES);
  packed.copy(bytes, at, start, end);
  if (length > KEPT_BYTES) packr.useBuffer(Buffer.allocUnsafeSlow(8192));
  return after;
}

function isCarriedWhole(object: object): boolean {
  return ArrayBuffer.isView(object) || object instanceof ArrayBuffer || object instanceof RegExp;
}

function isOpaque(object: object): boolean {
  return (
    object instanceof Promise ||
    object instanceof WeakMap ||
    object instanceof WeakSet ||
    object instanceof WeakRef
  );
}

function refusal(reason: string, depth: number): EncodeError {
  return new EncodeError(formatPath(path.slice(0, depth)), reason);
}
