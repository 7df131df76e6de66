import exifr from 'exifr';
import type { Metadata } from './metadata.js';

const HEADER_BYTES = 128;
const TAG_BYTES = 12;
const MAX_TAGS = 256;
const MAX_TRANSLATIONS = 256;
const MAX_TRANSLATED_BYTES = 64 * 1024;

/** Decodes an ICC profile. Throws if it is not safe to parse. */
export function readIcc(bytes: Buffer, options: object): Metadata {
  checkIcc(bytes);
  // A copy: exifr can read past the end of a view, into the memory behind it.
  return exifr.segmentParsers.get('icc').parse(new Uint8Array(bytes), options) ?? {};
}

/**
 * exifr believes a profile's counts: it would print a warning for a tag outside the profile, and
 * collect four thousand million translations of one text.
 */
function checkIcc(bytes: Buffer): void {
  const count = bytes.readUInt32BE(HEADER_BYTES);
  if (count > MAX_TAGS) throw new RangeError(`The ICC profile states ${count} tags.`);
  for (let n = 0; n < count; n++) {
    const at = HEADER_BYTES + 4 + n * TAG_BYTES;
    const start = bytes.readUInt32BE(at + 4);
    const length = bytes.readUInt32BE(at + 8);
    if (start + length > bytes.length) throw new RangeError('The ICC profile is cut short.');
    const type = bytes.toString('latin1', start, start + 4);
    if (type === 'mluc') checkTranslations(bytes.subarray(start, start + length));
  }
}

function checkTranslations(tag: Buffer): void {
  const count = tag.readUInt32BE(8);
  const recordBytes = tag.readUInt32BE(12);
  if (count > MAX_TRANSLATIONS || recordBytes < 12) {
    throw new RangeError(`The ICC profile states ${count} translations of a text.`);
  }
  let total = 0;
  for (let n = 0; n < count; n++) total += tag.readUInt32BE(16 + n * recordBytes + 4);
  if (total > MAX_TRANSLATED_BYTES) throw new RangeError('A text in the ICC profile is too large.');
}
