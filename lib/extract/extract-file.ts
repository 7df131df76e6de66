import type { Stats } from 'node:fs';
import { type FileHandle, open, stat } from 'node:fs/promises';
import path from 'node:path';
import { argumentTypeError } from '../errors.js';
import type { Metadata } from '../tiers/metadata.js';
import { FileSource } from './byte-source.js';
import { cannotRead, ExtractError, MalformedError } from './extract-error.js';
import { fileFacts } from './file-facts.js';
import { fileKindOf } from './file-type-of.js';
import { imageMetadata } from './image.js';

/** A file of such a name must be such an image; other names promise nothing. */
const imageName = /\.(jpe?g|jpe|png|tiff?|heic|heif|avif|dng)$/i;

export interface ExtractFileOptions {
  /** Stops the extraction; it rejects with the signal's reason. */
  signal?: AbortSignal;
}

/**
 * Reads the metadata of one file: its facts (FileName, FileSize in bytes, FileModifyDate and
 * FileCreateDate as ISO 8601 in UTC, FileType, MIMEType) and, for an image, ImageWidth and
 * ImageHeight in pixels as stored (before any rotation) and the tags in its EXIF, GPS, IPTC, XMP and
 * ICC blocks. Only parts of the file are read, a few MiB at most.
 *
 * The record is flat. Names are exiftool's where exiftool has one; values are numbers, strings, or
 * arrays and objects of them. Dates inside a file stay as they are written there
 * ('2008:05:30 15:56:01', no time zone guessed); codes stay numbers (Orientation: 6).
 *
 * A damaged block inside a sound image costs that block and is told in the Warning tag.
 *
 * Rejects with an ExtractError if the file cannot be read, is not a regular file, is empty, or is a
 * malformed image.
 */
export async function extractFile(
  file: string,
  options: ExtractFileOptions = {},
): Promise<Metadata> {
  if (typeof file !== 'string' || file === '') {
    throw argumentTypeError('The file must be a path: a string that is not empty.');
  }
  const { signal } = options;
  signal?.throwIfAborted();
  const { handle, stats } = await openRegularFile(file);
  try {
    const source = await FileSource.open(handle, stats.size, signal);
    const kind = await fileKindOf(source.head);
    if (!kind && imageName.test(file)) {
      throw new MalformedError(`its content is not what its ending "${path.extname(file)}" says`);
    }
    const facts = fileFacts(file, stats, kind);
    if (!kind) return facts;
    // Twice: the facts come first to a reader, and a tag in the file cannot replace one.
    return { ...facts, ...(await imageMetadata(source, kind)), ...facts };
  } catch (error) {
    if (signal?.aborted && error === signal.reason) throw error;
    throw explain(file, error);
  } finally {
    await handle.close().catch(() => {});
  }
}

async function openRegularFile(file: string): Promise<{ handle: FileHandle; stats: Stats }> {
  let handle: FileHandle | undefined;
  try {
    // Asked before opening: to open a named pipe would wait for its writer.
    if ((await stat(file)).isFile()) {
      handle = await open(file, 'r');
      const stats = await handle.stat();
      if (stats.size > 0) return { handle, stats };
    }
  } catch (error) {
    await handle?.close().catch(() => {});
    throw cannotRead(file, error);
  }
  if (!handle) throw new ExtractError(file, `"${file}" is not a regular file.`);
  await handle.close().catch(() => {});
  throw new ExtractError(file, `"${file}" is empty.`);
}

function explain(file: string, error: unknown): ExtractError {
  if (error instanceof MalformedError) {
    return new ExtractError(file, `"${file}" is malformed: ${error.message}.`, { cause: error });
  }
  // Only the system's errors have a number; all others come from reading damaged structures.
  if ((error as NodeJS.ErrnoException)?.errno !== undefined) return cannotRead(file, error);
  return new ExtractError(file, `"${file}" is malformed: ${String((error as Error)?.message)}.`, {
    cause: error,
  });
}
