// Decodes msgpack to the same values as msgpackr, which decodes again what is foreign or malformed. Strings
// are most of the work: keys are reused from other records, and short texts are cut from larger ones, because
// a call for each text takes as long as all the rest.

import {
  defineMember,
  ERROR_TYPE,
  type ErrorParts,
  MAP_TYPE,
  OBJECT_TYPE,
  REGEXP_TYPE,
  SET_TYPE,
  SPARSE_TYPE,
  unboxError,
  unboxMap,
  unboxObject,
  unboxSparse,
} from './boxes.js';
import { COMPACT_BYTES, dictionaryOf, isRaw, MARK, RAW_BYTES } from './compact-header.js';
import type { FieldNames } from './field-names.js';
import { Unpackr } from './msgpackr.js';

/** Records are off, because their readers are code generated from keys in the files. */
const unpackr = new Unpackr({ useRecords: false, moreTypes: true, copyBuffers: true });

/** The number of bytes from which a separate call makes a text. */
const LONG_BYTES = 64;
/** The size of a block; a short text that is kept may keep the whole block in memory. */
const BLOCK_BYTES = 2048;
const KNOWN_KEYS = 8192;
/** A larger buffer is for a rare large value, and is not kept. */
const KEPT_BYTES = 1024 * 1024;
const TIMESTAMP_TYPE = 0xff;
type Names = readonly string[];
const NO_NAMES: Names = [];

const NOTHING: Buffer = Buffer.alloc(0);
const OTHER = new Error('msgpackr is to read this.');
const INHERITED = new Error('The prototype of objects has a member of this name.');

let bytes = NOTHING;
let view = viewOf(NOTHING);
let end = 0;
/** The position of the next token. */
let at = 0;
/** Whether members are defined and not assigned, which takes longer. */
let defines = false;
/** The number of elements that arrays may still claim, because each element takes a byte or more. */
let unclaimed = 0;
/** The names of the current value's dictionary. */
let names = NO_NAMES;
/** The text from `blockStart` to `blockEnd`, as Latin-1. */
let block = '';
let blockStart = 0;
let blockEnd = 0;
/** Known keys, each at a place that its bytes determine; ASCII, shorter than LONG_BYTES. */
const knownKeys: string[] = new Array(KNOWN_KEYS).fill('');

/**
 * The value in the bytes from `from` to `to`; undefined for a compact value that `fieldNames` do not make
 * readable.
 */
export function decode(buffer: Buffer, from: number, to: number, fieldNames?: FieldNames): unknown {
  if (buffer[from] === MARK && from < to) return decodeMarked(buffer, from, to, fieldNames);
  return decodePlain(buffer, from, to);
}

function decodePlain(buffer: Buffer, from: number, to: number): unknown {
  if (buffer !== bytes) use(buffer);
  begin(from, to);
  try {
    const value = read();
    if (at === to) return value;
  } catch (cause) {
    // An assignment throws too, where the prototype got a member of the name after the key was checked.
    if (cause !== OTHER) return decodeDefining(buffer, from, to);
  } finally {
    block = '';
    if (buffer.length > KEPT_BYTES) use(NOTHING);
  }
  return unpackr.unpack(buffer.subarray(from, to));
}

/** Returns undefined, which is no value, for a compact value that cannot be decoded. */
function decodeMarked(
  buffer: Buffer,
  from: number,
  to: number,
  fieldNames: FieldNames | undefined,
): unknown {
  if (isRaw(buffer, from)) return decodePlain(buffer, from + RAW_BYTES, to);
  const dictionary = dictionaryOf(buffer, from, to);
  const listed = dictionary === undefined ? undefined : fieldNames?.of(dictionary);
  const value = listed && decodeNumbered(buffer, from + COMPACT_BYTES, to, listed);
  if (value === undefined) fieldNames?.onUndecodable();
  return value;
}

function decodeNumbered(buffer: Buffer, from: number, to: number, list: Names): unknown {
  names = list;
  if (buffer !== bytes) use(buffer);
  try {
    begin(from, to);
    const value = read();
    if (at === to) return value;
  } catch (cause) {
    // A name that must be defined is the only fault that another attempt mends.
    if (cause !== OTHER) return readDefining(from, to);
  } finally {
    names = NO_NAMES;
    block = '';
    if (buffer.length > KEPT_BYTES) use(NOTHING);
  }
  return undefined;
}

/** Returns undefined for what is not whole. */
function readDefining(from: number, to: number): unknown {
  begin(from, to);
  defines = true;
  try {
    const value = read();
    return at === to ? value : undefined;
  } catch {
    return undefined;
  } finally {
    defines = false;
  }
}

function decodeDefining(buffer: Buffer, from: number, to: number): unknown {
  use(buffer);
  // msgpackr reports what is wrong with the value, if anything.
  return readDefining(from, to) ?? unpackr.unpack(buffer.subarray(from, to));
}

function begin(from: number, to: number): void {
  at = from;
  end = to;
  unclaimed = to - from;
  blockEnd = 0;
}

function use(buffer: Buffer): void {
  bytes = buffer;
  view = viewOf(buffer);
}

function viewOf(buffer: Buffer): DataView {
  return new DataView(buffer.buffer, buffer.byteOffset, buffer.length);
}

function read(): unknown {
  if (at >= end) throw OTHER;
  const token = bytes[at++]!;
  if (token < 0x80) return token;
  if (token < 0x90) return readMap(token & 0x0f);
  if (token < 0xa0) return readArray(token & 0x0f);
  if (token < 0xc0) return readText(token & 0x1f);
  if (token >= 0xe0) return token - 0x100;
  switch (token) {
    case 0xc0:
      return null;
    case 0xc2:
      return false;
    case 0xc3:
      return true;
    case 0xc4:
      return readBinary(readUint8());
    case 0xc5:
      return readBinary(readUint16());
    case 0xc6:
      return readBinary(readUint32());
    case 0xc7:
      return readWhole(2, readUint8());
    case 0xc8:
      return readWhole(3, readUint16());
    case 0xc9:
      return readWhole(5, readUint32());
    case 0xcb:
      at += 8;
      return view.getFloat64(at - 8);
    case 0xcc:
      return readUint8();
    case 0xcd:
      return readUint16();
    case 0xce:
      return readUint32();
    case 0xcf:
      at += 8;
      return view.getBigUint64(at - 8);
    case 0xd0:
      at += 1;
      return view.getInt8(at - 1);
    case 0xd1:
      at += 2;
      return view.getInt16(at - 2);
    case 0xd2:
      at += 4;
      return view.getInt32(at - 4);
    case 0xd3:
      at += 8;
      return view.getBigInt64(at - 8);
    case 0xd4:
      return readBox();
    case 0xd6:
      return readSeconds();
    case 0xd7:
      return readNanoseconds();
    case 0xd9:
      return readText(readUint8());
    case 0xda:
      return readText(readUint16());
    case 0xdb:
      return readText(readUint32());
    case 0xdc:
      return readArray(readUint16());
    case 0xdd:
      return readArray(readUint32());
    case 0xde:
      return readMap(readUint16());
    case 0xdf:
      return readMap(readUint32());
    default:
      throw OTHER;
  }
}

function readUint8(): number {
  at += 1;
  return bytes[at - 1]!;
}

function readUint16(): number {
  at += 2;
  return (bytes[at - 2]! << 8) | bytes[at - 1]!;
}

function readUint32(): number {
  at += 4;
  return view.getUint32(at - 4);
}

function readMap(count: number): Record<string, unknown> {
  const object: Record<string, unknown> = {};
  if (defines) {
    for (let i = 0; i < count; i++) defineMember(object, readKey(), read());
    return object;
  }
  for (let i = 0; i < count; i++) {
    const key = readKey();
    object[key] = read();
  }
  return object;
}

function readArray(count: number): unknown[] {
  // A truncated value may claim any length.
  unclaimed -= count;
  if (unclaimed < 0) throw OTHER;
  const array: unknown[] = new Array(count);
  for (let i = 0; i < count; i++) array[i] = read();
  return array;
}

function readKey(): string {
  const token = bytes[at++]!;
  let length: number;
  if (token >= 0xa0 && token < 0xc0) length = token & 0x1f;
  else if (token < 0x80) return nameOf(token);
  else if (token === 0xd9) length = readUint8();
  else return checkKey(readLongKey(token));
  if (length === 0 || length >= LONG_BYTES) return checkKey(readText(length));
  const last = at + length - 1;
  const mixed = (bytes[last]! * 31 + bytes[last - 1]!) * 31 + bytes[at + (length >> 1)]!;
  const place = (mixed * 31 + bytes[at]! * 7 + length) % KNOWN_KEYS;
  const known = knownKeys[place]!;
  if (known.length === length && last < end) {
    let i = 0;
    while (i < length && known.charCodeAt(i) === bytes[at + i]) i++;
    if (i === length) {
      at += length;
      return known;
    }
  }
  const key = checkKey(readText(length));
  // The key's bytes are its characters only where it is ASCII, so no other key is kept.
  if (key.length === length && !defines) knownKeys[place] = key;
  return key;
}

/** The name of a number in the dictionary of a compact value; other values have no numbers. */
function nameOf(number: number): string {
  const name = names[number];
  if (name === undefined) throw OTHER;
  return name;
}

function readLongKey(token: number): string {
  if (token === 0xcc) return nameOf(readUint8());
  if (token === 0xcd) return nameOf(readUint16());
  if (token === 0xda) return readText(readUint16());
  if (token === 0xdb) return readText(readUint32());
  throw OTHER;
}

/** Rejects a key whose assignment would set something else, or nothing. */
function checkKey(key: string): string {
  if (key === '__proto__') throw OTHER;
  if (!defines && key in Object.prototype) throw INHERITED;
  return key;
}

function readText(length: number): string {
  if (length >= LONG_BYTES) return readUtf8(length);
  const begin = at;
  const after = begin + length;
  if (after > end) throw OTHER;
  for (let i = begin; i < after; i++) {
    if (bytes[i]! >= 0x80) return readUtf8(length);
  }
  if (begin < blockStart || after > blockEnd) {
    blockStart = begin;
    blockEnd = Math.min(begin + BLOCK_BYTES, end);
    block = bytes.toString('latin1', blockStart, blockEnd);
  }
  at = after;
  return block.slice(begin - blockStart, after - blockStart);
}

function readUtf8(length: number): string {
  const begin = at;
  at += length;
  if (at > end) throw OTHER;
  return bytes.toString('utf8', begin, at);
}

/** A copy that has bytes of its own. */
function readBinary(length: number): Uint8Array {
  const begin = at;
  at += length;
  if (at > end) throw OTHER;
  return Uint8Array.prototype.slice.call(bytes, begin, at);
}

/** Reads an extension of one byte: undefined, or the announcement of a box. */
function readBox(): unknown {
  const type = bytes[at];
  at += 2;
  switch (type) {
    case 0:
      return undefined;
    case SET_TYPE:
      return new Set(read() as unknown[]);
    case REGEXP_TYPE:
      return readRegExp();
    case TIMESTAMP_TYPE:
      return new Date(Number.NaN);
    case ERROR_TYPE:
      return unboxError(read() as ErrorParts);
    case MAP_TYPE:
      return unboxMap(read() as unknown[]);
    case OBJECT_TYPE:
      return unboxObject(read() as unknown[]);
    case SPARSE_TYPE:
      return unboxSparse(read() as unknown[]);
    default:
      throw OTHER;
  }
}

function readRegExp(): RegExp {
  const [source, flags] = read() as [string, string];
  return new RegExp(source, flags);
}

function readSeconds(): Date {
  if (bytes[at] !== TIMESTAMP_TYPE) throw OTHER;
  at += 5;
  return new Date(view.getUint32(at - 4) * 1000);
}

/** Reads 30 bits of nanoseconds, then 34 of seconds. */
function readNanoseconds(): Date {
  if (bytes[at] !== TIMESTAMP_TYPE) throw OTHER;
  at += 9;
  const high = view.getUint32(at - 8);
  const seconds = (high & 3) * 2 ** 32 + view.getUint32(at - 4);
  return new Date((high >>> 2) / 1_000_000 + seconds * 1000);
}

/** msgpackr reads an extension that is complete in its bytes; its token and length took `header` bytes. */
function readWhole(header: number, length: number): unknown {
  const start = at - header;
  at += 1 + length;
  if (at > end) throw OTHER;
  return unpackr.unpack(bytes.subarray(start, at));
}
