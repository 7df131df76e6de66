// Writes a value as msgpack and checks it on the way, in one walk. msgpack has one kind of map, so a Map, an
// object with an own key that would set its prototype, an array with holes and an error are written as boxes:
// extensions of ours, see boxes.ts.

import {
  isAnyArrayBuffer,
  isArgumentsObject,
  isDate,
  isMap,
  isNativeError,
  isRegExp,
  isSet,
} from 'node:util/types';
import {
  BINARY_HEADER_BYTES,
  type Binary,
  binaryOf,
  digitsOf,
  fitsIn,
  integerBytes,
  writeBinary,
  writeInteger,
} from './binary.js';
import { ERROR_TYPE, MAP_TYPE, OBJECT_TYPE, REGEXP_TYPE, SET_TYPE, SPARSE_TYPE } from './boxes.js';
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
import { isBuiltIn, isPlainEmpty, whyOpaque } from './kinds.js';
import {
  bytes,
  checkInteger,
  lastStart,
  makeRoom,
  makeTextRoom,
  passOver,
  view,
} from './output.js';
import { TOO_LONG, unitsBytes, writeText, writeUnits } from './text.js';
import {
  writeArrayHeader,
  writeFixExt,
  writeLargeHeader,
  writeNumber,
  writeTime,
} from './tokens.js';

/** The maximum number of levels of nesting; a deeper value counts as one that refers to itself. */
const MAX_DEPTH = 256;

/** The number of bytes up to which integers are written without a check of the limit. */
const SMALL_INTEGER_BYTES = 128;

/** The use of `call` costs nothing in a compiled loop over keys; that of Object.hasOwn does, as of V8 11. */
const hasOwn = Object.prototype.hasOwnProperty;

/** The keys that lead to the current position; entries beyond its depth belong to members that were left. */
let path: (string | number)[] = [];

/** Takes a new path while another value is being written; the returned function restores the other one. */
export function useAnotherPath(): () => void {
  const outer = path;
  path = [];
  return () => {
    path = outer;
  };
}

// Each of these writes at `at` and returns the end of what it wrote.

/** Writes the value at this depth of another one; a value at depth 0 is the whole value. */
export function write(value: unknown, at: number, depth: number): number {
  if (at > lastStart) makeRoom(at);
  switch (typeof value) {
    case 'string':
      return writeString(value, at, depth);
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

function writeString(text: string, at: number, depth: number): number {
  if (at + text.length * 3 > lastStart) makeTextRoom(text, at);
  const end = writeText(bytes, text, at);
  return end >= 0 ? end : writeRareText(text, at, depth, end);
}

/** Writes a string that has no UTF-8, or whose UTF-8 is too long to be read as a string again. */
function writeRareText(text: string, at: number, depth: number, why: number): number {
  if (why === TOO_LONG) {
    throw refusal(
      'cannot be stored: it is a longer string than can be read back. Split it.',
      depth,
    );
  }
  const end = at + unitsBytes(text);
  if (end > lastStart) makeRoom(end);
  return writeUnits(bytes, text, at);
}

function writeObject(object: object, at: number, depth: number): number {
  if (depth > MAX_DEPTH) {
    throw refusal(
      `cannot be stored: it is nested deeper than ${MAX_DEPTH} levels or refers to itself. Flatten it.`,
      depth,
    );
  }
  if (Array.isArray(object)) return writeArray(object, at, depth);
  const prototype: unknown = Object.getPrototypeOf(object);
  switch (prototype) {
    case Object.prototype:
    case null:
      return writeRecord(object, at, depth);
    case Date.prototype:
      return writeDate(object, at, depth);
    case Map.prototype:
      return writeMap(object, at, depth);
    case Set.prototype:
      return writeSet(object, at, depth);
    case Buffer.prototype:
    case Uint8Array.prototype:
      return writeBytes(object, at, depth);
    default:
      if (ArrayBuffer.isView(object)) return writeBytes(object, at, depth);
      if (object instanceof Error) return writeError(object, at, depth);
      return isBuiltIn(prototype as object)
        ? writeBuiltIn(object, at, depth)
        : writeRecord(object, at, depth);
  }
}

/** Writes a built-in object, or one that extends a built-in class, in any realm, by its internal slots. */
function writeBuiltIn(object: object, at: number, depth: number): number {
  if (isRegExp(object)) return writeRegExp(object, at, depth);
  if (isAnyArrayBuffer(object)) return writeBytes(object, at, depth);
  if (isDate(object)) return writeDate(object, at, depth);
  if (isMap(object)) return writeMap(object, at, depth);
  if (isSet(object)) return writeSet(object, at, depth);
  if (isNativeError(object)) return writeError(object as Error, at, depth);
  throw opaque(object, depth);
}

function writeArray(array: unknown[], at: number, depth: number): number {
  const { length } = array;
  // A proxy may return any length.
  if (length >>> 0 !== length)
    throw refusal('cannot be stored: it has no length of an array.', depth);
  // Each member takes a byte or more.
  if (at + length > lastStart) makeRoom(at + length);
  let end = writeArrayHeader(bytes, view, length, at);
  for (let i = 0; i < length; i++) {
    path[depth] = i;
    const member = array[i];
    if (member === undefined && !(i in array)) return writeSparse(array, at, depth);
    end = write(member, end, depth + 1);
  }
  return end;
}

/** Writes an array with holes: its length, then the index and value of each member. */
function writeSparse(array: unknown[], at: number, depth: number): number {
  const { length } = array;
  let count = 0;
  for (let i = 0; i < length; i++) if (i in array) count++;
  const size = 1 + count * 2;
  let end = writeArrayHeader(bytes, view, size, writeFixExt(bytes, SPARSE_TYPE, at));
  end = write(length, end, depth);
  for (let i = 0; i < length; i++) {
    if (!(i in array)) continue;
    if (count-- === 0) throw changed(depth);
    path[depth] = i;
    end = write(array[i], write(i, end, depth), depth + 1);
  }
  if (count !== 0) throw changed(depth);
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
    if (count === 0 && key === '0' && isArgumentsObject(record)) throw opaque(record, depth);
    if (end + key.length * 3 > lastStart) makeTextRoom(key, end);
    const begin = writeText(bytes, key, end);
    if (begin < 0) return writeBoxedRecord(record, at, depth);
    const member = record[key];
    if (typeof member === 'string') {
      if (begin + member.length * 3 > lastStart) makeTextRoom(member, begin);
      end = writeText(bytes, member, begin);
      if (end < 0) {
        path[depth] = key;
        end = writeRareText(member, begin, depth + 1, end);
      }
    } else {
      path[depth] = key;
      end = write(member, begin, depth + 1);
    }
    count++;
  }
  if (count < 0x10) {
    if (count === 0 && !isPlainEmpty(record)) throw opaque(record, depth);
    bytes[at] = 0x80 | count;
    return end;
  }
  return widenMapHeader(count, at, end);
}

/** The count is known only now, and does not fit the one byte that was reserved for it. */
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

function writeMap(map: object, at: number, depth: number): number {
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

function writeSet(set: object, at: number, depth: number): number {
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

/** The error for a value that one of its getters changed while it was written. */
function changed(depth: number): EncodeError {
  return refusal('cannot be stored: it changed while it was read. Leave it as it is.', depth);
}

function writeDate(date: object, at: number, depth: number): number {
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

function writeRegExp(regExp: object, at: number, depth: number): number {
  const source = ofBuiltIn(sourceOf, regExp, depth);
  const begin = writeArrayHeader(bytes, view, 2, writeFixExt(bytes, REGEXP_TYPE, at));
  const end = write(source, begin, depth);
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

/** Calls `read` for an object that may only appear to be the built-in object that `read` expects. */
function ofBuiltIn<T>(read: (object: object) => T, object: object, depth: number): T {
  try {
    return read(object);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw refusal(
      `cannot be stored: it is not what its class says (${reason}). Leave it out, or store plain data in its place.`,
      depth,
    );
  }
}

function opaque(object: object, depth: number): EncodeError {
  return refusal(`cannot be stored: ${whyOpaque(object)}`, depth);
}

function refusal(reason: string, depth: number): EncodeError {
  return new EncodeError(formatPath(path.slice(0, depth)), reason);
}
