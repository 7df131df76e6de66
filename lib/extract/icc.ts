import exifr from 'exifr';
import type { Metadata } from '../tiers/metadata.js';

const HEADER_BYTES = 128;
const TAG_BYTES = 12;
const MAX_TAGS = 256;
const MAX_TRANSLATIONS = 256;
/** The length of the longest text that is read: a printer's profile can hold its measurements as one. */
const MAX_TEXT_BYTES = 1024 * 1024;

/** Decodes an ICC profile. Throws if it is not safe to parse. */
export function readIcc(bytes: Buffer, options: object): Metadata {
  checkIcc(bytes);
  // The bytes are copied, because exifr can read past the end of a view, into the memory behind it.
  return exifr.segmentParsers.get('icc').parse(new Uint8Array(bytes), options) ?? {};
}

/**
 * exifr trusts a profile's counts: it would print a warning for a tag outside the profile, collect four
 * thousand million translations of one text, and copy one large text for each of many tags.
 */
function checkIcc(bytes: Buffer): void {
  const count = bytes.readUInt32BE(HEADER_BYTES);
  if (count > MAX_TAGS) throw new RangeError(`The ICC profile states ${count} tags.`);
  let textBytes = 0;
  for (let n = 0; n < count; n++) {
    const at = HEADER_BYTES + 4 + n * TAG_BYTES;
    const start = bytes.readUInt32BE(at + 4);
    const length = bytes.readUInt32BE(at + 8);
    if (start + length > bytes.length) throw new RangeError('The ICC profile is cut short.');
    textBytes += textBytesOf(bytes.subarray(start, start + length));
    if (textBytes > MAX_TEXT_BYTES)
      throw new RangeError('The texts of the ICC profile are too large.');
  }
}

/** The number of bytes that exifr would read of the tag as text. */
function textBytesOf(tag: Buffer): number {
  const type = tag.toString('latin1', 0, 4);
  if (type === 'text') return tag.length;
  if (type === 'desc') return tag.readUInt32BE(8);
  return type === 'mluc' ? translatedBytes(tag) : 0;
}

function translatedBytes(tag: Buffer): number {
  const count = tag.readUInt32BE(8);
  const recordBytes = tag.readUInt32BE(12);
  if (count > MAX_TRANSLATIONS || recordBytes < 12) {
    throw new RangeError(`The ICC profile states ${count} translations of a text.`);
  }
  let total = 0;
  for (let n = 0; n < count; n++) total += tag.readUInt32BE(16 + n * recordBytes + 4);
  return total;
}
