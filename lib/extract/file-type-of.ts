import { fileTypeFromBuffer } from 'file-type';

/** The type of a file, by its first bytes. The extension is in lower case, as file-type names it. */
export interface FileKind {
  ext: string;
  mime: string;
  /** The container reader that reads it, if there is one. */
  container?: 'jpeg' | 'png' | 'tiff' | 'heif';
}

const heifBrands: Record<string, FileKind> = {
  avif: { ext: 'avif', mime: 'image/avif' },
  avis: { ext: 'avif', mime: 'image/avif' },
  mif1: { ext: 'heic', mime: 'image/heif' },
  msf1: { ext: 'heic', mime: 'image/heif-sequence' },
};
for (const brand of ['heic', 'heix', 'heim', 'heis']) {
  heifBrands[brand] = { ext: 'heic', mime: 'image/heic' };
}
for (const brand of ['hevc', 'hevx', 'hevm', 'hevs']) {
  heifBrands[brand] = { ext: 'heic', mime: 'image/heic-sequence' };
}

/** TIFF itself, and the magic numbers of Olympus and Panasonic raw files. */
const tiffMagic = new Set(['II*\0', 'MM\0*', 'IIRO', 'IIRS', 'MMOR', 'IIU\0']);
const bigTiffMagic = new Set(['II+\0', 'MM\0+']);

/** Undefined if the content is of no known type. `head` is the file's first 64 KiB. */
export async function fileKindOf(head: Buffer): Promise<FileKind | undefined> {
  const magic = head.toString('latin1', 0, 4);
  if (head.toString('latin1', 128, 132) === 'DICM')
    return { ext: 'dcm', mime: 'application/dicom' };
  if (magic.startsWith('\xff\xd8')) return { ext: 'jpg', mime: 'image/jpeg', container: 'jpeg' };
  if (magic === '\x89PNG') return { ext: 'png', mime: 'image/png', container: 'png' };
  if (bigTiffMagic.has(magic)) return { ext: 'btf', mime: 'image/x-tiff-big' };
  if (head.toString('latin1', 4, 8) === 'ftyp') {
    const kind = heifBrands[head.toString('latin1', 8, 12)];
    if (kind) return { ...kind, container: 'heif' };
  }
  const detected = await detect(head);
  // file-type does not recognise a TIFF whose directory is further back than the head.
  if (tiffMagic.has(magic)) {
    return { ...(detected ?? { ext: 'tif', mime: 'image/tiff' }), container: 'tiff' };
  }
  return detected;
}

async function detect(head: Buffer): Promise<FileKind | undefined> {
  try {
    return await fileTypeFromBuffer(head);
  } catch {
    return undefined;
  }
}
