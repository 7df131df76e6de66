import { imageSize } from 'image-size';
import type { Metadata } from '../tiers/metadata.js';
import type { FileSource } from './byte-source.js';
import { readHeif } from './containers/heif.js';
import { readJpeg } from './containers/jpeg.js';
import { readPng } from './containers/png.js';
import { readTiff } from './containers/tiff.js';
import { decodeParts } from './decode.js';
import type { FileKind } from './file-type-of.js';

const readers = { jpeg: readJpeg, png: readPng, tiff: readTiff, heif: readHeif };

/** Formats whose dimensions image-size can read; it would have to guess those of the others. */
const sized = new Set(['gif', 'webp', 'psd', 'bmp', 'jp2', 'jxl', 'ico', 'btf', 'ktx', 'j2c']);

/**
 * The tags and dimensions of an image; an empty record for any other file. Throws if the image is malformed.
 */
export async function imageMetadata(source: FileSource, kind: FileKind): Promise<Metadata> {
  if (kind.container) {
    const parts = await readers[kind.container](source);
    return { ...(await decodeParts(parts)), ...dimensions(parts) };
  }
  if (!sized.has(kind.ext)) return {};
  try {
    return dimensions(imageSize(source.head));
  } catch {
    // The dimensions are optional here: the file's facts are valid without them.
    return {};
  }
}

function dimensions({ width, height }: { width?: number; height?: number }): Metadata {
  return width && height ? { ImageWidth: width, ImageHeight: height } : {};
}
