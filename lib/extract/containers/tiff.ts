import { MalformedError } from '../../errors/extract-error.js';
import type { ByteSource } from '../byte-source.js';
import { type ImageParts, MAX_BLOCK_BYTES } from './image-parts.js';
import { type Directory, numbersOf, type TiffContext, writeTiff } from './tiff-directory.js';

/** The number of bytes of one value, by the number of its TIFF type. */
const TYPE_BYTES = [0, 1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8, 4];
const ASCII = 2;
const MAX_ENTRIES = 4096;
const MAX_TEXT_BYTES = 64 * 1024;
/** Longer lists are strips, tiles, tables or thumbnails, and not metadata. */
const MAX_LIST_BYTES = 256;
const MAX_SUB_IMAGES = 16;

const Tag = {
  SubfileType: 0xfe,
  ImageWidth: 0x100,
  ImageHeight: 0x101,
  SubImages: 0x14a,
  Xmp: 0x2bc,
  Iptc: 0x83bb,
  Exif: 0x8769,
  Icc: 0x8773,
  Gps: 0x8825,
  MakerNote: 0x927c,
  UserComment: 0x9286,
  XpTitle: 0x9c9b,
  XpSubject: 0x9c9f,
  Interop: 0xa005,
} as const;
const blocks: Record<number, 'xmp' | 'iptc' | 'icc'> = {
  [Tag.Xmp]: 'xmp',
  [Tag.Iptc]: 'iptc',
  [Tag.Icc]: 'icc',
};

/** Reads a TIFF file, or a camera's raw file that is one, whatever order its parts are in. */
export async function readTiff(source: ByteSource): Promise<ImageParts> {
  const { directory, context, parts } = await readDirectories(source);
  const sizes = [directory, ...(await readSubImages(source, directory, context))];
  // A raw file's first directory is often a thumbnail, which bit 0 of SubfileType indicates.
  const full = sizes.find((candidate) => {
    const [kind = 0] = numbersOf(candidate.get(Tag.SubfileType), context);
    return (kind & 1) === 0 && candidate.has(Tag.ImageWidth);
  });
  const [width] = numbersOf((full ?? directory).get(Tag.ImageWidth), context);
  const [height] = numbersOf((full ?? directory).get(Tag.ImageHeight), context);
  if (width === undefined || height === undefined) {
    throw new MalformedError('its TIFF directory states no width and height');
  }
  return { ...parts, width, height };
}

/** Reads an EXIF block, which is a small TIFF file, from another container. */
export async function readExifBlock(source: ByteSource): Promise<Buffer> {
  return (await readDirectories(source)).parts.exif!;
}

/**
 * Rebuilds the directories that hold metadata as a small TIFF of their own. Entries with an unknown type or
 * with a value outside the file are left out, so that such an entry costs one tag and not all of them.
 */
async function readDirectories(source: ByteSource) {
  const header = await source.read(0, 8);
  const order = header.toString('latin1', 0, 2);
  if (order !== 'II' && order !== 'MM') throw new MalformedError('it has no TIFF byte order');
  const context: TiffContext = { littleEndian: order === 'II', budget: MAX_BLOCK_BYTES };
  const offset = context.littleEndian ? header.readUInt32LE(4) : header.readUInt32BE(4);
  const parts: ImageParts = {};
  const directory = await readDirectory(source, offset, context, parts);
  const child = async (parent: Directory | undefined, tag: number) => {
    const [at] = numbersOf(parent?.get(tag), context);
    parent?.delete(tag);
    if (at === undefined) return undefined;
    // A damaged directory below the first costs only its own tags.
    return readDirectory(source, at, context).catch(ignoreMalformed);
  };
  const gps = await child(directory, Tag.Gps);
  const exif = await child(directory, Tag.Exif);
  const interop = await child(exif, Tag.Interop);
  parts.exif = writeTiff(context, {
    entries: directory,
    children: [
      { tag: Tag.Gps, entries: gps, children: [] },
      {
        tag: Tag.Exif,
        entries: exif,
        children: [{ tag: Tag.Interop, entries: interop, children: [] }],
      },
    ],
  });
  return { directory, context, parts };
}

async function readDirectory(
  source: ByteSource,
  offset: number,
  context: TiffContext,
  parts?: ImageParts,
): Promise<Directory> {
  const u16 = (bytes: Buffer, at: number) =>
    context.littleEndian ? bytes.readUInt16LE(at) : bytes.readUInt16BE(at);
  const u32 = (bytes: Buffer, at: number) =>
    context.littleEndian ? bytes.readUInt32LE(at) : bytes.readUInt32BE(at);
  const count = u16(await source.read(offset, 2), 0);
  if (count > MAX_ENTRIES) throw new MalformedError(`a TIFF directory states ${count} entries`);
  const table = await source.read(offset + 2, count * 12);
  const entries: Directory = new Map();
  for (let at = 0; at < table.length; at += 12) {
    const tag = u16(table, at);
    const type = u16(table, at + 2);
    const values = u32(table, at + 4);
    const length = (TYPE_BYTES[type] ?? 0) * values;
    const start = length <= 4 ? offset + 2 + at + 8 : u32(table, at + 8);
    const block = parts && blocks[tag];
    const outside = start + length > source.size;
    if (length === 0 || outside || length > (block ? MAX_BLOCK_BYTES : limit(tag, type))) continue;
    if (tag === Tag.MakerNote || length > context.budget || entries.has(tag)) continue;
    context.budget -= length;
    // The bytes are copied, because the table and the source's window are used again.
    const bytes = Buffer.from(await source.read(start, length));
    if (block) parts[block] = bytes;
    else entries.set(tag, { type, count: values, bytes });
  }
  return entries;
}

function limit(tag: number, type: number): number {
  const isXp = tag >= Tag.XpTitle && tag <= Tag.XpSubject;
  const isText = type === ASCII || tag === Tag.UserComment || isXp;
  return isText ? MAX_TEXT_BYTES : MAX_LIST_BYTES;
}

async function readSubImages(source: ByteSource, directory: Directory, context: TiffContext) {
  const found: Directory[] = [];
  const offsets = numbersOf(directory.get(Tag.SubImages), context).slice(0, MAX_SUB_IMAGES);
  for (const offset of offsets) {
    const entries = await readDirectory(source, offset, context).catch(ignoreMalformed);
    if (entries) found.push(entries);
  }
  return found;
}

function ignoreMalformed(error: unknown): undefined {
  if (!(error instanceof MalformedError)) throw error;
}
