// Strings as msgpack. Most of a record are short names and values of ASCII, and for those a loop
// beats the call that writes any string.

/** From this many UTF-16 units on, the call wins. */
const LONG_UNITS = 64;

/** Above this many UTF-16 units, the UTF-8 is counted, not guessed at the threefold. */
export const COUNTED_UNITS = 1 << 16;

/** Writes the string, for which there is room with a header of up to 5 bytes, and returns where it ends. */
export function writeText(bytes: Buffer, text: string, at: number): number {
  const { length } = text;
  if (length >= LONG_UNITS) return writeAnyText(bytes, text, at);
  let end = at + (length < 0x20 ? 1 : 2);
  for (let i = 0; i < length; i++) {
    const unit = text.charCodeAt(i);
    if (unit >= 0x80) return writeAnyText(bytes, text, at);
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

/** A lone surrogate becomes U+FFFD. */
function writeAnyText(bytes: Buffer, text: string, at: number): number {
  const guessed = headerBytes(text.length);
  const length = bytes.write(text, at + guessed);
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
    bytes[at] = 0xdb;
    bytes.writeUInt32BE(length, at + 1);
  }
  return at + header + length;
}

function headerBytes(length: number): number {
  if (length < 0x20) return 1;
  if (length < 0x100) return 2;
  return length < 0x10000 ? 3 : 5;
}
