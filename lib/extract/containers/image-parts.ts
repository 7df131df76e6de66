import type { Metadata } from '../../tiers/metadata.js';

/** The result of a container reader: dimensions, and blocks of metadata that are not decoded yet. */
export interface ImageParts {
  width?: number;
  height?: number;
  /** An EXIF block, which is a small TIFF file. */
  exif?: Buffer;
  xmp?: Buffer;
  iptc?: Buffer;
  icc?: Buffer;
  /** Tags of the container itself. */
  tags?: Metadata;
}

/** Larger blocks are left out, because no metadata that is worth caching is that large. */
export const MAX_BLOCK_BYTES = 4 * 1024 * 1024;
