import exifr from 'exifr';
import type { Metadata } from '../tiers/metadata.js';
import { MemorySource } from './byte-source.js';
import type { ImageParts } from './containers/image-parts.js';
import { readExifBlock } from './containers/tiff.js';
import { readIcc } from './icc.js';
import { tidy, tidyRecord } from './tidy.js';
import { flattenXmp, readXmp } from './xmp.js';

/*
 * exifr decodes the blocks that the container readers found. It is not given the file: it would
 * look for a PNG's blocks in the first 512 bytes only, fill unread parts of a TIFF with whatever is
 * in memory, drop a whole directory for one odd tag, and leave the file open after an error.
 */

// Values stay as they are written: dates without a guessed time zone, codes as numbers.
const plain = { translateKeys: true, translateValues: false, reviveValues: false };
const exifOptions = {
  ...plain,
  tiff: true,
  mergeOutput: false,
  makerNote: false,
  userComment: true,
};

type Blocks = Partial<Record<'ifd0' | 'exif' | 'gps' | 'interop', Metadata>> & {
  userComment?: Uint8Array;
};

/**
 * Merges all blocks into one flat record; where two name the same tag, the camera's EXIF takes precedence.
 */
export async function decodeParts(parts: ImageParts): Promise<Metadata> {
  const warnings: string[] = [];
  const attempt = async (name: string, decode: () => Promise<Metadata> | Metadata) => {
    try {
      return await decode();
    } catch {
      warnings.push(`The ${name} block could not be read.`);
      return {};
    }
  };
  const { xmp, icc, iptc, exif, tags = {} } = parts;
  const fromXmp = xmp ? await attempt('XMP', () => flattenXmp(readXmp(xmp))) : {};
  const fromIcc = icc ? await attempt('ICC', () => readIcc(icc, plain)) : {};
  const fromIptc = iptc ? await attempt('IPTC', () => parseIptc(iptc)) : {};
  const fromExif = exif ? await attempt('EXIF', () => parseExif(exif)) : {};
  const all = {
    ...tidyRecord(tags),
    ...tidyRecord(fromXmp),
    ...tidyRecord(fromIcc),
    ...tidyRecord(fromIptc),
    ...fromExif,
  };
  return warnings.length > 0 ? { ...all, Warning: warnings.join(' ') } : all;
}

async function parseExif(bytes: Buffer): Promise<Metadata> {
  const block = await readExifBlock(new MemorySource(bytes));
  const output = ((await exifr.parse(ownMemory(block), exifOptions)) ?? {}) as Blocks;
  const { latitude, longitude, ...gps } = output.gps ?? {};
  if (Number.isFinite(latitude)) gps.GPSLatitude = latitude;
  if (Number.isFinite(longitude)) gps.GPSLongitude = longitude;
  if (gps.GPSTimeStamp !== undefined) gps.GPSTimeStamp = clock(gps.GPSTimeStamp);
  const { interop, exif = {}, ifd0, userComment } = output;
  // These get exiftool's values; EXIF states them as logarithms (APEX).
  for (const name of ['ApertureValue', 'MaxApertureValue', 'ShutterSpeedValue']) {
    const apex = exif[name];
    if (typeof apex === 'number')
      exif[name] = 2 ** (name === 'ShutterSpeedValue' ? -apex : apex / 2);
  }
  gps.GPSProcessingMethod = codedText(gps.GPSProcessingMethod);
  exif.UserComment = codedText(userComment);
  return tidyRecord({ ...interop, ...gps, ...exif, ...ifd0 });
}

/** Text whose first eight bytes are its character code, as far as it is ASCII. */
function codedText(value: unknown): unknown {
  if (!(value instanceof Uint8Array)) return value;
  const text = Buffer.from(value).toString('latin1');
  return text.startsWith('ASCII\0\0\0') ? text.slice(8) : undefined;
}

/** Formats [14, 27, 7.24] as '14:27:07.24'. */
function clock(value: unknown): unknown {
  const numbers = tidy(value);
  if (!Array.isArray(numbers) || numbers.length !== 3) return numbers;
  return numbers
    .map(String)
    .map((text) => (/^\d(\.|$)/.test(text) ? `0${text}` : text))
    .join(':');
}

/** exifr reads IPTC as Latin-1; most writers have long used UTF-8, whether or not they declare it. */
function parseIptc(bytes: Buffer): Metadata {
  const utf8 = new TextDecoder('utf-8', { fatal: true });
  const decode = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(decode);
    if (typeof value !== 'string') return value;
    try {
      return utf8.decode(Buffer.from(value, 'latin1'));
    } catch {
      return value;
    }
  };
  const found: Metadata = exifr.segmentParsers.get('iptc').parse(ownMemory(bytes), plain) ?? {};
  return Object.fromEntries(Object.entries(found).map(([name, value]) => [name, decode(value)]));
}

/** A copy in memory of its own, because exifr can read past the end of a view, into the memory behind it. */
function ownMemory(bytes: Buffer): Uint8Array {
  return new Uint8Array(bytes);
}
