import type { Stats } from 'node:fs';
import path from 'node:path';
import type { Metadata } from '../tiers/metadata.js';
import type { FileKind } from './file-type-of.js';

/** The types for which exiftool's name is not the extension in capitals. */
const typeNames: Record<string, string> = {
  jpg: 'JPEG',
  tif: 'TIFF',
  dcm: 'DICOM',
};

/** The facts of any file: name, size, times, and its type if the content shows it. */
export function fileFacts(file: string, stats: Stats, kind: FileKind | undefined): Metadata {
  const facts: Metadata = {
    FileName: path.basename(file),
    FileSize: stats.size,
    FileModifyDate: stats.mtime.toISOString(),
  };
  // Not every file system keeps the time of creation.
  if (stats.birthtimeMs > 0) facts.FileCreateDate = stats.birthtime.toISOString();
  if (!kind) return facts;
  const ext = kind.mime.startsWith('image/heif') ? 'heif' : kind.ext;
  facts.FileType = typeNames[ext] ?? ext.toUpperCase();
  facts.FileTypeExtension = ext.toUpperCase();
  facts.MIMEType = kind.mime;
  return facts;
}
