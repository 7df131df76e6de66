// Writes the parts of msgpack that take a few bytes: numbers, times, and the headers of arrays, maps and
// extensions. Each function writes at `at`, where there is room, and returns the end of what it wrote.

export function writeNumber(bytes: Buffer, view: DataView, value: number, at: number): number {
  const whole = value >>> 0;
  if (whole === value) {
    if (whole === 0) return writeZero(bytes, view, value, at);
    return writeUnsigned(bytes, view, whole, at);
  }
  if (value >> 0 === value) return writeNegative(bytes, view, value, at);
  bytes[at] = 0xcb;
  view.setFloat64(at + 1, value);
  return at + 9;
}

/** msgpack has no integer -0. */
function writeZero(bytes: Buffer, view: DataView, value: number, at: number): number {
  if (Object.is(value, 0)) {
    bytes[at] = 0;
    return at + 1;
  }
  bytes[at] = 0xcb;
  view.setFloat64(at + 1, value);
  return at + 9;
}

function writeUnsigned(bytes: Buffer, view: DataView, value: number, at: number): number {
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

function writeNegative(bytes: Buffer, view: DataView, value: number, at: number): number {
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

/**
 * Writes a timestamp of 32 bits, of 64 with a part of a second, or of 96; one for an invalid time for NaN.
 * `ms` are since the epoch.
 */
export function writeTime(bytes: Buffer, view: DataView, ms: number, at: number): number {
  const seconds = Math.floor(ms / 1000);
  const rest = ms - seconds * 1000;
  if (!(ms >= 0 && ms < 2 ** 32 * 1000)) return writeRareTime(bytes, view, seconds, rest, at);
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

function writeRareTime(
  bytes: Buffer,
  view: DataView,
  seconds: number,
  rest: number,
  at: number,
): number {
  if (Number.isNaN(seconds)) {
    bytes.fill(0xff, at + 1, at + 3);
    bytes[at] = 0xd4;
    return at + 3;
  }
  bytes[at] = 0xc7;
  bytes[at + 1] = 12;
  bytes[at + 2] = 0xff;
  view.setUint32(at + 3, rest * 1_000_000);
  view.setBigInt64(at + 7, BigInt(seconds));
  return at + 15;
}

export function writeArrayHeader(
  bytes: Buffer,
  view: DataView,
  length: number,
  at: number,
): number {
  if (length < 0x10) {
    bytes[at] = 0x90 | length;
    return at + 1;
  }
  return writeLargeHeader(bytes, view, 0xdc, length, at);
}

/** `token` is the one for a count of 16 bits; the next one is for 32. */
export function writeLargeHeader(
  bytes: Buffer,
  view: DataView,
  token: number,
  count: number,
  at: number,
): number {
  if (count < 0x10000) {
    bytes[at] = token;
    view.setUint16(at + 1, count);
    return at + 3;
  }
  bytes[at] = token + 1;
  view.setUint32(at + 1, count);
  return at + 5;
}

/** Writes an extension with the one byte 0: that of undefined is complete, and the others announce a box. */
export function writeFixExt(bytes: Buffer, type: number, at: number): number {
  bytes[at] = 0xd4;
  bytes[at + 1] = type;
  bytes[at + 2] = 0;
  return at + 3;
}
