import type { Metadata } from '../../tiers/metadata.js';

/** What a container reader finds: dimensions, and blocks of metadata still to be decoded. */
export interface ImageParts {
  width?: number;
  height?: number;
  /** An EXIF block: a small TIFF file. */
  exif?: Buffer;
  xmp?: Buffer;
  iptc?: Buffer;
  icc?: Buffer;
  /** Tags of the container itself. */
  tags?: Metadata;
}

/** Blocks larger than this are left out: no metadata that is worth caching is. */
export const MAX_BLOCK_BYTES = 4 * 1024 * 1024;
