import exifr from 'exifr';
import type { Metadata } from '../tiers/metadata.js';

/** Real packets have 2 to 50 KiB, and those with an editing history some hundred KiB. */
const MAX_XMP_LENGTH = 512 * 1024;
const MAX_XMP_DEPTH = 64;
/** Prefixes that carry no metadata. */
const structural = new Set(['xmlns', 'rdf', 'x', 'xml']);
/** exifr would write to JavaScript's own objects if a prefix had one of these names. */
const dangerous = new RegExp(`\\b(${Object.getOwnPropertyNames(Object.prototype).join('|')})\\s*:`);

/** A tag: slash, name, attributes (with no '<' in their quotes), slash. */
const tagPattern = /<(\/?)([\w:.-]+)(?:"[^"<]*"|'[^'<]*'|[^<>"'])*?(\/?)>/g;
const longWord = /[\w-]{256}/;

export type XmpByPrefix = Record<string, Metadata>;

/** Throws if the packet is too large, not well-formed or not safe to parse. */
export function readXmp(bytes: Buffer): XmpByPrefix {
  // Packets are padded with white space for editing in place.
  const text = bytes.toString('utf8').trim();
  if (text.length > MAX_XMP_LENGTH) throw new RangeError('The XMP packet is too large.');
  if (dangerous.test(text)) throw new RangeError('The XMP packet uses a reserved prefix.');
  checkNesting(text);
  return exifr.segmentParsers.get('xmp').parse(text, {}) ?? {};
}

/**
 * exifr searches all the text behind every start tag without its end tag, which takes minutes on text made
 * for that. So everything that begins like a tag must be one, and all tags must be properly nested.
 */
function checkNesting(text: string): void {
  const open: string[] = [];
  let tags = 0;
  for (const [tag, slash, name, empty] of text.matchAll(tagPattern)) {
    tags++;
    // In attributes exifr tries every letter of a word as its start.
    if (longWord.test(tag)) throw new RangeError('The XMP packet has an overlong word.');
    if (slash && open.pop() !== name) throw new RangeError('The XMP packet is not well-formed.');
    if (!slash && !empty) open.push(name!);
    if (open.length > MAX_XMP_DEPTH) throw new RangeError('The XMP packet is nested too deeply.');
  }
  if (open.length > 0 || tags !== (text.match(/<\/?\w/g)?.length ?? 0)) {
    throw new RangeError('The XMP packet is not well-formed.');
  }
}

/** Merges all prefixes into one record, with exiftool's names: 'dc:subject' is Subject. */
export function flattenXmp(prefixes: XmpByPrefix): Metadata {
  const flat: Metadata = {};
  for (const [prefix, properties] of Object.entries(prefixes)) {
    if (structural.has(prefix)) continue;
    for (const [name, value] of Object.entries(properties)) {
      flat[name.charAt(0).toUpperCase() + name.slice(1)] = simplify(value);
    }
  }
  return flat;
}

function simplify(value: unknown): unknown {
  if (typeof value === 'string') {
    // ISO 8601 becomes the form of dates in EXIF: '2005-09-07T15:07:40-07:00' is '2005:09:07 15:07:40-07:00'.
    return value.replace(/^(\d{4})-(\d\d)-(\d\d)(?:T(?=\d\d:\d\d)|$)(.*)$/, (_, y, m, d, time) =>
      time ? `${y}:${m}:${d} ${time}` : `${y}:${m}:${d}`,
    );
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    const { lang, value: text, ...rest } = value as Metadata;
    if (lang !== undefined && text !== undefined && Object.keys(rest).length === 0) return text;
  }
  return value;
}
