import { promisify } from 'node:util';
import { inflate as inflateCallback } from 'node:zlib';
import { MalformedError } from '../../errors/extract-error.js';
import type { Metadata } from '../../tiers/metadata.js';
import type { ByteSource } from '../byte-source.js';
import { type ImageParts, MAX_BLOCK_BYTES } from './image-parts.js';

const inflate = promisify(inflateCallback);
const SIGNATURE_BYTES = 8;
const CHUNK_OVERHEAD = 12;
const XMP_KEYWORD = 'XML:com.adobe.xmp';
/** With the usual 8 to 64 KiB a chunk this is an image of half a gigabyte and more. */
const MAX_CHUNKS = 65_536;
/** The bound on all metadata chunks together; real images have a few hundred KiB at most. */
const MAX_METADATA_BYTES = 4 * MAX_BLOCK_BYTES;
/** A longer text is not a tag that is worth caching. */
const MAX_TEXT_BYTES = 64 * 1024;

/** The chunks that are read, and their maximum lengths. */
const METADATA_CHUNKS: Record<string, number> = {
  IHDR: 13,
  eXIf: MAX_BLOCK_BYTES,
  iCCP: MAX_BLOCK_BYTES,
  iTXt: MAX_BLOCK_BYTES,
  tEXt: MAX_TEXT_BYTES,
};

/** Walks the chunks (PNG specification, third edition) without reading the image data. */
export async function readPng(source: ByteSource): Promise<ImageParts> {
  const parts: ImageParts = {};
  const texts: Metadata = {};
  let metadataBytes = 0;
  // Only the first profile is tried, because inflating a chunk of a few bytes can take very long.
  let hasProfile = false;
  let hasXmp = false;
  let offset = SIGNATURE_BYTES;
  for (let count = 0; count < MAX_CHUNKS; count++) {
    const header = await source.read(offset, 8);
    const length = header.readUInt32BE(0);
    const type = header.toString('latin1', 4, 8);
    const start = offset + 8;
    if (!/^[A-Za-z]{4}$/.test(type)) throw new MalformedError('a PNG chunk has no valid type');
    if (count === 0 && (type !== 'IHDR' || length !== 13)) {
      throw new MalformedError('it does not start with a PNG header chunk');
    }
    offset = start + length + (CHUNK_OVERHEAD - 8);
    if (offset > source.size) throw new MalformedError('a PNG chunk passes its end');
    if (type === 'IEND') break;
    const limit = METADATA_CHUNKS[type] ?? 0;
    if (length > limit || metadataBytes + length > MAX_METADATA_BYTES) continue;
    metadataBytes += length;
    if (type === 'IHDR') {
      readHeader(await source.read(start, length), parts);
    } else if (type === 'eXIf') {
      parts.exif ??= await source.read(start, length);
    } else if (type === 'iCCP' && !hasProfile) {
      hasProfile = true;
      const chunk = await source.read(start, length);
      const icc = await inflated(chunk.subarray(chunk.indexOf(0) + 2));
      if (icc) parts.icc = icc;
    } else if (type === 'tEXt') {
      const text = (await source.read(start, length)).toString('latin1');
      const split = text.indexOf('\0');
      if (split > 0) texts[text.slice(0, split)] = text.slice(split + 1);
    } else if (type === 'iTXt') {
      const chunk = await source.read(start, length);
      if (hasXmp || !isXmp(chunk)) continue;
      hasXmp = true;
      parts.xmp = await readXmp(chunk);
    }
  }
  parts.tags = { ...texts, ...parts.tags };
  return parts;
}

function readHeader(chunk: Buffer, parts: ImageParts): void {
  parts.width = chunk.readUInt32BE(0);
  parts.height = chunk.readUInt32BE(4);
  if (parts.width === 0 || parts.height === 0) {
    throw new MalformedError('its PNG header states a width or height of 0');
  }
  const [BitDepth, ColorType, Compression, Filter, Interlace] = chunk.subarray(8);
  parts.tags = { BitDepth, ColorType, Compression, Filter, Interlace };
}

function isXmp(chunk: Buffer): boolean {
  return chunk.toString('latin1', 0, XMP_KEYWORD.length + 1) === `${XMP_KEYWORD}\0`;
}

/** The layout of iTXt: keyword, 0, compressed?, method, language, 0, translated keyword, 0, text. */
async function readXmp(chunk: Buffer): Promise<Buffer | undefined> {
  const keywordEnd = XMP_KEYWORD.length;
  const compressed = chunk[keywordEnd + 1] === 1;
  const languageEnd = chunk.indexOf(0, keywordEnd + 3);
  const text = chunk.subarray(chunk.indexOf(0, languageEnd + 1) + 1);
  return compressed ? inflated(text) : text;
}

/** Undefined for a damaged or oversized stream, because an image with a broken profile is still valid. */
async function inflated(bytes: Buffer): Promise<Buffer | undefined> {
  try {
    return await inflate(bytes, { maxOutputLength: MAX_BLOCK_BYTES });
  } catch {
    return undefined;
  }
}
