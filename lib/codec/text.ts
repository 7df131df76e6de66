// Encodes strings as msgpack. Most of a record are short names and values of ASCII, and for those a loop is
// faster than the call that writes any string.

import { constants } from 'node:buffer';
import { BINARY_HEADER_BYTES, writeLength } from './binary.js';

const { MAX_STRING_LENGTH } = constants;

/** The number of UTF-16 units from which the call is faster. */
const LONG_UNITS = 64;

/** The number of UTF-16 units from which the call is faster for a string that is not ASCII. */
const WIDE_UNITS = 24;

/** The number of UTF-16 units above which the UTF-8 is counted; below it, three bytes a unit are assumed. */
export const COUNTED_UNITS = 1 << 16;

/** The number of bytes from which a search of them is faster than a check of each unit. */
const SEARCHED_BYTES = 1024;

/** What writeText returns for a string with a lone surrogate, which has no UTF-8. */
export const ILL_FORMED = -1;
/** What writeText returns for a string whose UTF-8 is too long to be read as a string again. */
export const TOO_LONG = -2;

/** The type of the extension that has a string as UTF-16. */
export const UNITS_TYPE = 0x7b;

/** The bytes that are written for a lone surrogate. */
const REPLACEMENT = Buffer.from('\ufffd');

/**
 * Writes the string, for which there is room with a header of up to 5 bytes, and returns its end, or
 * ILL_FORMED or TOO_LONG: then the content of the room is undefined.
 */
export function writeText(bytes: Buffer, text: string, at: number): number {
  const { length } = text;
  if (length >= LONG_UNITS) return writeLongText(bytes, text, at);
  let end = at + (length < 0x20 ? 1 : 2);
  for (let i = 0; i < length; i++) {
    const unit = text.charCodeAt(i);
    if (unit >= 0x80)
      return length < WIDE_UNITS ? writeWideText(bytes, text, at) : writeLongText(bytes, text, at);
    bytes[end++] = unit;
  }
  if (length < 0x20) {
    bytes[at] = 0xa0 | length;
  } else {
    bytes[at] = 0xd9;
    bytes[at + 1] = length;
  }
  return end;
}

/** The number of bytes that `writeUnits` writes for the string. */
export function unitsBytes(text: string): number {
  return BINARY_HEADER_BYTES + text.length * 2;
}

/** Writes the string as its UTF-16 units, well-formed or not, and returns its end. */
export function writeUnits(bytes: Buffer, text: string, at: number): number {
  const end = writeLength(bytes, 0xc7, text.length * 2, at);
  bytes[end] = UNITS_TYPE;
  return end + 1 + bytes.write(text, end + 1, 'utf16le');
}

/** Writes a short string that is not ASCII, because a call would take longer. */
function writeWideText(bytes: Buffer, text: string, at: number): number {
  const size = wideBytes(text);
  if (size < 0) return ILL_FORMED;
  let end = at + 1;
  if (size < 0x20) {
    bytes[at] = 0xa0 | size;
  } else {
    bytes[at] = 0xd9;
    bytes[end++] = size;
  }
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit < 0x80) {
      bytes[end++] = unit;
    } else if (unit < 0x800) {
      bytes[end++] = 0xc0 | (unit >> 6);
      bytes[end++] = 0x80 | (unit & 0x3f);
    } else if ((unit & 0xf800) === 0xd800) {
      const point = 0x10000 + ((unit & 0x3ff) << 10) + (text.charCodeAt(++i) & 0x3ff);
      bytes[end++] = 0xf0 | (point >> 18);
      bytes[end++] = 0x80 | ((point >> 12) & 0x3f);
      bytes[end++] = 0x80 | ((point >> 6) & 0x3f);
      bytes[end++] = 0x80 | (point & 0x3f);
    } else {
      bytes[end++] = 0xe0 | (unit >> 12);
      bytes[end++] = 0x80 | ((unit >> 6) & 0x3f);
      bytes[end++] = 0x80 | (unit & 0x3f);
    }
  }
  return end;
}

/** The number of bytes of the string's UTF-8; negative where it has a lone surrogate. */
function wideBytes(text: string): number {
  const { length } = text;
  let size = length;
  for (let i = 0; i < length; i++) {
    const unit = text.charCodeAt(i);
    if (unit < 0x80) continue;
    size++;
    if (unit < 0x800) continue;
    size++;
    if ((unit & 0xf800) !== 0xd800) continue;
    // The two units of a pair make four bytes; past the end there is NaN, whose bits are 0.
    if (unit >= 0xdc00 || (text.charCodeAt(++i) & 0xfc00) !== 0xdc00) return ILL_FORMED;
  }
  return size;
}

function writeLongText(bytes: Buffer, text: string, at: number): number {
  // Strings with letters of three bytes mostly consist of such letters.
  const guessed = headerBytes(text.charCodeAt(0) < 0x800 ? text.length : text.length * 3);
  const length = bytes.write(text, at + guessed);
  // A string of as many bytes as units is ASCII.
  if (length !== text.length && hasReplacement(bytes, text, at + guessed, length)) {
    return ILL_FORMED;
  }
  const header = headerBytes(length);
  if (header !== guessed) bytes.copyWithin(at + header, at + guessed, at + guessed + length);
  if (header === 1) {
    bytes[at] = 0xa0 | length;
  } else if (header === 2) {
    bytes[at] = 0xd9;
    bytes[at + 1] = length;
  } else if (header === 3) {
    bytes[at] = 0xda;
    bytes.writeUInt16BE(length, at + 1);
  } else {
    if (length > MAX_STRING_LENGTH) return TOO_LONG;
    bytes[at] = 0xdb;
    bytes.writeUInt32BE(length, at + 1);
  }
  return at + header + length;
}

/** Whether a lone surrogate of the string was replaced in the bytes that were written of it. */
function hasReplacement(bytes: Buffer, text: string, at: number, length: number): boolean {
  if (length >= SEARCHED_BYTES && !bytes.subarray(at, at + length).includes(REPLACEMENT)) {
    return false;
  }
  return !text.isWellFormed();
}

function headerBytes(length: number): number {
  if (length < 0x20) return 1;
  if (length < 0x100) return 2;
  return length < 0x10000 ? 3 : 5;
}
