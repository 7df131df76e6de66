import { MalformedError } from '../../errors/extract-error.js';
import type { ByteSource } from '../byte-source.js';
import { boxesIn, MAX_BOXES } from './boxes.js';
import { readItems } from './heif-items.js';
import { type ImageParts, MAX_BLOCK_BYTES } from './image-parts.js';

/** Reads HEIC, HEIF and AVIF (ISO/IEC 23008-12), whose meta box has everything that describes the image. */
export async function readHeif(source: ByteSource): Promise<ImageParts> {
  const meta = await findMeta(source);
  const boxes = boxesIn(meta, { type: 'meta', start: 4, end: meta.length });
  const items = readItems(meta, boxes);
  const parts: ImageParts = { ...items.primary };
  if (parts.width === undefined) throw new MalformedError('its primary image has no dimensions');
  for (const [name, extents] of [['exif', items.exif] as const, ['xmp', items.xmp] as const]) {
    const total = extents?.reduce((sum, extent) => sum + extent.length, 0) ?? 0;
    if (!extents || total === 0 || total > MAX_BLOCK_BYTES) continue;
    const pieces: Buffer[] = [];
    for (const { offset, length } of extents) pieces.push(await source.read(offset, length));
    const bytes = Buffer.concat(pieces);
    // An Exif item begins with the distance from this number to its TIFF header.
    parts[name] = name === 'exif' ? bytes.subarray(4 + bytes.readUInt32BE(0)) : bytes;
  }
  return parts;
}

/** The content of the meta box. It walks all top-level boxes, so that a truncated file is noticed. */
async function findMeta(source: ByteSource): Promise<Buffer> {
  let meta: Buffer | undefined;
  let offset = 0;
  for (let count = 0; offset < source.size && count < MAX_BOXES; count++) {
    const header = await source.read(offset, 8);
    let length = header.readUInt32BE(0);
    let headerBytes = 8;
    if (length === 0) length = source.size - offset;
    if (length === 1) {
      length = Number((await source.read(offset + 8, 8)).readBigUInt64BE(0));
      headerBytes = 16;
    }
    if (length < headerBytes) throw new MalformedError('a box states an impossible length');
    if (offset + length > source.size) {
      throw new MalformedError('a box passes its end; it may be cut short');
    }
    if (header.toString('latin1', 4, 8) === 'meta' && meta === undefined) {
      if (length > MAX_BLOCK_BYTES) throw new MalformedError('its meta box is too large');
      meta = await source.read(offset + headerBytes, length - headerBytes);
    }
    offset += length;
  }
  if (meta === undefined) throw new MalformedError('it has no meta box');
  return meta;
}
