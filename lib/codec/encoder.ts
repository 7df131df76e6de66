// Writes values as msgpack and checks them on the way: one walk, to one buffer that is used again.
// msgpack has one kind of map, so a Map, an object with an own key that would set its prototype, and
// an error travel in boxes: extensions of ours, see boxes.ts.
//
// A value of a few objects may have no end to it in bytes. The walk stops where its bytes are more than
// the destination takes, and before any work or memory that its bytes have not paid for.

import {
  BINARY_HEADER_BYTES,
  type Binary,
  binaryOf,
  digitsOf,
  fitsIn,
  integerBytes,
  isBinary,
  writeBinary,
  writeInteger,
} from './binary.js';
import { ERROR_TYPE, MAP_TYPE, OBJECT_TYPE, REGEXP_TYPE, SET_TYPE } from './boxes.js';
import { type Destination, type EncodedValue, TOO_LARGE_LENGTH } from './codec.js';
import { EncodeError, formatPath } from './encode-error.js';
import {
  flagsOf,
  forEachOfMap,
  forEachOfSet,
  mapSize,
  setSize,
  sourceOf,
  timeOf,
} from './intrinsics.js';
import { COUNTED_UNITS, writeText } from './text.js';
import {
  writeArrayHeader,
  writeFixExt,
  writeLargeHeader,
  writeNumber,
  writeTime,
} from './tokens.js';

/** Levels of nesting; deeper is taken for a value that refers to itself. */
const MAX_DEPTH = 256;

/** So much of a value is written before anyone asks how large it may be. */
const INITIAL_BYTES = 64 * 1024;
/** A buffer that a rare giant made larger than this is not kept. */
const KEPT_BYTES = 1024 * 1024;
const MOST_BYTES = 2 ** 31 - 1;
/** What is always free where a value begins: enough for all but strings and what is binary. */
const SLACK_BYTES = 16;
const UNKNOWN = -1;
/** Integers of up to so many bytes are written unasked. */
const SMALL_INTEGER_BYTES = 128;
/** No engine has an integer of more. */
const MOST_INTEGER_BYTES = 2 ** 27;

/** By `call` it costs nothing in a compiled loop over keys; Object.hasOwn does, as of V8 11. */
const hasOwn = Object.prototype.hasOwnProperty;

const OPAQUE = [Promise, WeakMap, WeakSet, WeakRef];

const TOO_LARGE = new Error('The destination does not take it.');

let bytes: EncodedValue;
let view: DataView;
/** A value may begin here at most, until there is more room or it is known that there may be. */
let lastStart: number;
/** The keys that lead to where the walk is; what lies beyond its depth belongs to members that were left. */
let path: (string | number)[] = [];
/** A getter of a value may encode another one. */
let busy = false;
let destination: Destination | undefined;
/** Where the value begins, what is before it in its destination included. */
let origin = 0;
/** Bytes that the value may have. */
let most = UNKNOWN;
/** Inherited members that were passed over. */
let skipped = 0;

useBuffer(allocate(INITIAL_BYTES));

/**
 * The value, from `start` to `end` of a buffer that the next call uses again; undefined where it is too
 * large. Before it are `headroom` free bytes, whatever is in them.
 */
export function encode(value: unknown, headroom?: number): EncodedValue;
export function encode(
  value: unknown,
  headroom?: number,
  to?: Destination,
): EncodedValue | undefined;
export function encode(value: unknown, headroom = 0, to?: Destination): EncodedValue | undefined {
  if (busy) return encodeBesides(value, headroom, to);
  busy = true;
  destination = to;
  try {
    // beginAt(0), which costs more than it does here: there are always so many bytes.
    origin = 0;
    most = UNKNOWN;
    skipped = 0;
    lastStart = INITIAL_BYTES - SLACK_BYTES;
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

/** As `encode`, each value behind its length and 32 bits of room: 32 bits each, little-endian. */
export function encodeAll(values: readonly unknown[], to?: Destination): EncodedValue {
  if (busy) return encodeAllBesides(values, to);
  busy = true;
  destination = to;
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

/** Where it ends; -1 for one that is too large. */
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
  if (cause instanceof EncodeError) return cause;
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new EncodeError('', `cannot be encoded: ${reason}`, { cause });
}

function release(): void {
  busy = false;
  destination = undefined;
  if (bytes.length > KEPT_BYTES) useBuffer(allocate(INITIAL_BYTES));
}

// Apart from encode and encodeAll: a function that makes a closure of its arguments allocates them at
// each call.

function encodeBesides(value: unknown, headroom: number, to: Destination | undefined) {
  return besides(() => encode(value, headroom, to));
}

function encodeAllBesides(values: readonly unknown[], to: Destination | undefined) {
  return besides(() => encodeAll(values, to));
}

/** In a buffer of its own, while another value is being written. */
function besides<T>(work: () => T): T {
  const outer = { bytes, path, destination, origin, most, skipped, lastStart };
  useBuffer(allocate(INITIAL_BYTES));
  path = [];
  busy = false;
  try {
    return work();
  } finally {
    useBuffer(outer.bytes);
    ({ path, destination, origin, most, skipped, lastStart } = outer);
    busy = true;
  }
}

function allocate(size: number): EncodedValue {
  return Object.assign(Buffer.allocUnsafeSlow(size), { start: 0, end: 0 });
}

function useBuffer(buffer: EncodedValue): void {
  bytes = buffer;
  view = new DataView(buffer.buffer, buffer.byteOffset, buffer.length);
}

function beginAt(at: number): void {
  origin = at;
  most = UNKNOWN;
  skipped = 0;
  lastStart = Math.min(at + INITIAL_BYTES, bytes.length) - SLACK_BYTES;
}

/** Called for what ends beyond `lastStart`, or may: makes room, and leaves where it may not be. */
function makeRoom(end: number): void {
  checkFits(end - origin);
  if (end + SLACK_BYTES > bytes.length) grow(end + SLACK_BYTES);
  lastStart = Math.min(bytes.length - SLACK_BYTES, origin + most);
}

/** Asks the destination once for each value, and only where it may matter. */
function checkFits(size: number): void {
  if (most === UNKNOWN) most = destination?.largestValue() ?? MOST_BYTES;
  if (size > most) throw destination === undefined ? tooLargeForAll() : TOO_LARGE;
}

function grow(least: number): void {
  if (least > MOST_BYTES) throw tooLargeForAll();
  const next = 2 ** Math.ceil(Math.log2(least));
  // Values that lie side by side share the growth; one alone needs no more than it may have.
  const wanted = origin === 0 && most >= 0 ? Math.min(next, most + SLACK_BYTES) : next;
  const larger = allocate(Math.min(MOST_BYTES, Math.max(wanted, least)));
  larger.set(bytes);
  useBuffer(larger);
}

function tooLargeForAll(): Error {
  return new Error('it takes more than 2 GiB. Store it in parts.');
}

// Each of these writes at `at` and returns where what it wrote ends.

function write(value: unknown, at: number, depth: number): number {
  if (at > lastStart) makeRoom(at);
  switch (typeof value) {
    case 'string':
      return writeString(value, at);
    case 'number':
      return writeNumber(bytes, view, value, at);
    case 'object':
      if (value !== null) return writeObject(value, at, depth);
      bytes[at] = 0xc0;
      return at + 1;
    case 'boolean':
      bytes[at] = value ? 0xc3 : 0xc2;
      return at + 1;
    case 'undefined':
      return writeFixExt(bytes, 0, at);
    case 'bigint':
      return writeBigInt(value, at);
    default:
      throw refusal(`cannot be stored: it is a ${typeof value}. Leave it out.`, depth);
  }
}

function writeString(text: string, at: number): number {
  if (at + text.length * 3 > lastStart) makeTextRoom(text, at);
  return writeText(bytes, text, at);
}

/** A unit takes a byte at least: what is too long is neither counted nor made one piece. */
function makeTextRoom(text: string, at: number): void {
  const { length } = text;
  if (at + length > lastStart) makeRoom(at + length);
  const least = at + length * 3 + SLACK_BYTES;
  if (least <= bytes.length) return;
  if (length > COUNTED_UNITS) makeRoom(at + Buffer.byteLength(text));
  else grow(least);
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
  if (object instanceof Date) return writeDate(object, at, depth);
  if (object instanceof Map) return writeMap(object, at, depth);
  if (object instanceof Set) return writeSet(object, at, depth);
  if (object instanceof Error) return writeError(object, at, depth);
  if (isBinary(object)) return writeBytes(object, at, depth);
  if (object instanceof RegExp) return writeRegExp(object, at, depth);
  if (isOpaque(object)) throw opaqueRefusal(object, depth);
  return writeRecord(object, at, depth);
}

function writeArray(array: unknown[], at: number, depth: number): number {
  const { length } = array;
  // That of a proxy may be anything.
  if (length >>> 0 !== length)
    throw refusal('cannot be stored: it has no length of an array.', depth);
  // Each takes a byte at least.
  if (at + length > lastStart) makeRoom(at + length);
  let end = writeArrayHeader(bytes, view, length, at);
  for (let i = 0; i < length; i++) {
    path[depth] = i;
    end = write(array[i], end, depth + 1);
  }
  return end;
}

function writeRecord(object: object, at: number, depth: number): number {
  const record = object as Record<string, unknown>;
  let count = 0;
  let end = at + 1;
  for (const key in record) {
    if (!hasOwn.call(record, key)) {
      passOver();
      continue;
    }
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

/** What is inherited costs time and gives no bytes: a value may have as many of it as bytes. */
function passOver(): void {
  if (++skipped < INITIAL_BYTES) return;
  checkFits(skipped);
}

/** The count is known only now, and does not fit the one byte that was left for it. */
function widenMapHeader(count: number, at: number, end: number): number {
  const more = count < 0x10000 ? 2 : 4;
  if (end > lastStart) makeRoom(end);
  bytes.copyWithin(at + 1 + more, at + 1, end);
  writeLargeHeader(bytes, view, 0xde, count, at);
  return end + more;
}

function writeBoxedRecord(record: Record<string, unknown>, at: number, depth: number): number {
  const entries = Object.entries(record);
  let end = writeArrayHeader(bytes, view, entries.length * 2, writeFixExt(bytes, OBJECT_TYPE, at));
  for (const [key, member] of entries) {
    end = write(key, end, depth);
    path[depth] = key;
    end = write(member, end, depth + 1);
  }
  return end;
}

function writeMap(map: Map<unknown, unknown>, at: number, depth: number): number {
  const size = ofBuiltIn(mapSize, map, depth);
  if (at + size * 2 > lastStart) makeRoom(at + size * 2);
  let end = writeArrayHeader(bytes, view, size * 2, writeFixExt(bytes, MAP_TYPE, at));
  let i = 0;
  forEachOfMap(map, (member, key) => {
    if (i === size * 2) throw changed(depth);
    path[depth] = i++;
    end = write(key, end, depth + 1);
    path[depth] = i++;
    end = write(member, end, depth + 1);
  });
  if (i !== size * 2) throw changed(depth);
  return end;
}

function writeSet(set: Set<unknown>, at: number, depth: number): number {
  const size = ofBuiltIn(setSize, set, depth);
  if (at + size > lastStart) makeRoom(at + size);
  let end = writeArrayHeader(bytes, view, size, writeFixExt(bytes, SET_TYPE, at));
  let i = 0;
  forEachOfSet(set, (member) => {
    if (i === size) throw changed(depth);
    path[depth] = i++;
    end = write(member, end, depth + 1);
  });
  if (i !== size) throw changed(depth);
  return end;
}

/** A getter of what is in it did that. */
function changed(depth: number): EncodeError {
  return refusal('cannot be stored: it changed while it was read. Leave it as it is.', depth);
}

function writeDate(date: Date, at: number, depth: number): number {
  return writeTime(bytes, view, ofBuiltIn(timeOf, date, depth), at);
}

function writeError(error: Error, at: number, depth: number): number {
  const { cause } = error;
  let end = writeArrayHeader(bytes, view, 3, writeFixExt(bytes, ERROR_TYPE, at));
  end = write(String(error.name), end, depth);
  end = write(String(error.message), end, depth);
  path[depth] = 'cause';
  return write(cause, end, depth + 1);
}

function writeRegExp(regExp: RegExp, at: number, depth: number): number {
  const source = ofBuiltIn(sourceOf, regExp, depth);
  const end = writeString(
    source,
    writeArrayHeader(bytes, view, 2, writeFixExt(bytes, REGEXP_TYPE, at)),
  );
  return write(ofBuiltIn(flagsOf, regExp, depth), end, depth);
}

function writeBytes(object: object, at: number, depth: number): number {
  const binary: Binary | undefined = ofBuiltIn(binaryOf, object, depth);
  if (binary === undefined) {
    throw refusal(
      'cannot be stored: msgpack has no place for this kind of typed array. Convert it to another.',
      depth,
    );
  }
  const end = at + BINARY_HEADER_BYTES + binary.bytes.length;
  if (end > lastStart) makeRoom(end);
  return writeBinary(bytes, binary, at);
}

function writeBigInt(value: bigint, at: number): number {
  const isSigned = value >= -(2n ** 63n) && value < 2n ** 63n;
  if (isSigned || (value > 0n && value < 2n ** 64n)) {
    bytes[at] = isSigned ? 0xd3 : 0xcf;
    view.setBigUint64(at + 1, BigInt.asUintN(64, value));
    return at + 9;
  }
  if (!fitsIn(value, SMALL_INTEGER_BYTES)) checkInteger(value, at);
  const digits = digitsOf(value);
  const end = at + BINARY_HEADER_BYTES + integerBytes(digits);
  if (end > lastStart) makeRoom(end);
  return writeInteger(bytes, digits, value < 0n, at);
}

/** Its digits take more memory than it does: they are made of none that is too large. */
function checkInteger(value: bigint, at: number): void {
  const free = lastStart - at;
  if (fitsIn(value, free)) return;
  makeRoom(lastStart + 1);
  const mostBytes = most - (at - origin);
  if (mostBytes < MOST_INTEGER_BYTES && !fitsIn(value, mostBytes)) makeRoom(origin + most + 1);
}

/** `read` of what may only look like the built-in object that it reads. */
function ofBuiltIn<T>(read: (object: object) => T, object: object, depth: number): T {
  try {
    return read(object);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw refusal(`cannot be stored: it is not what its class says. ${reason}`, depth);
  }
}

function isOpaque(object: object): boolean {
  return (
    object instanceof Promise ||
    object instanceof WeakMap ||
    object instanceof WeakSet ||
    object instanceof WeakRef
  );
}

function opaqueRefusal(object: object, depth: number): EncodeError {
  const name = OPAQUE.find((each) => object instanceof each)?.name;
  return refusal(`cannot be stored: a ${name} has no content to keep. Leave it out.`, depth);
}

function refusal(reason: string, depth: number): EncodeError {
  return new EncodeError(formatPath(path.slice(0, depth)), reason);
}
