import type { Stats } from 'node:fs';
import { type FileHandle, open, stat } from 'node:fs/promises';
import { extname } from 'node:path';
import { checkOptions, checkSignal } from '../checks/arguments.js';
import { optionNames } from '../checks/option-names.js';
import { argumentTypeError } from '../errors/errors.js';
import { cannotRead, ExtractError, MalformedError } from '../errors/extract-error.js';
import { type FilePath, type PlainPath, textOf, toPlainPath } from '../files/file-path.js';
import type { Metadata } from '../tiers/metadata.js';
import { FileSource } from './byte-source.js';
import { fileFacts } from './file-facts.js';
import { fileKindOf } from './file-type-of.js';
import { imageMetadata } from './image.js';

/** A file with such a name must be such an image; other names promise nothing. */
const imageName = /\.(jpe?g|jpe|png|tiff?|heic|heif|avif|dng)$/i;

/** The options of `extractFile`. */
export interface ExtractFileOptions {
  /** A signal that stops the extraction, which then rejects with the signal's reason. */
  signal?: AbortSignal;
}

const NAMES = optionNames<ExtractFileOptions>('extractFile', { signal: true });

/**
 * Reads the metadata of one file: its facts (FileName, FileSize in bytes, FileModifyDate and FileCreateDate
 * as ISO 8601 in UTC, FileType, MIMEType) and, for an image, ImageWidth and ImageHeight in pixels as stored
 * (before any rotation) and the tags in its EXIF, GPS, IPTC, XMP and ICC blocks. Only parts of the file are
 * read, a few MiB at most.
 *
 * The record is flat. Names are exiftool's where exiftool has one; values are numbers, strings, or arrays and
 * objects of them. Dates inside a file stay as they are written there ('2008:05:30 15:56:01', no time zone
 * guessed); codes stay numbers (Orientation: 6).
 *
 * A damaged block inside an intact image costs that block and is reported in the Warning tag.
 *
 * The path is a string, a Buffer (for names that are not UTF-8), or a URL with the scheme file:. A signal may
 * be given in place of the options, so that a cache's `fetch` can call this function directly.
 *
 * Rejects with an ExtractError if the file cannot be read, is not a regular file, is empty, or is a malformed
 * image.
 */
export async function extractFile(
  filePath: FilePath,
  options?: ExtractFileOptions | AbortSignal,
): Promise<Metadata> {
  const path = toPlainPath(filePath);
  if (path.length === 0) throw argumentTypeError('The file must be a path that is not empty.');
  const file = textOf(path);
  const signal = options instanceof AbortSignal ? options : checkOptions(options, NAMES).signal;
  checkSignal(signal);
  signal?.throwIfAborted();
  const { handle, stats } = await openRegularFile(path, file);
  try {
    const source = await FileSource.open(handle, stats.size, signal);
    const kind = await fileKindOf(source.head);
    if (!kind && imageName.test(file)) {
      throw new MalformedError(`its content is not what its ending "${extname(file)}" says`);
    }
    const facts = fileFacts(file, stats, kind);
    if (!kind) return facts;
    // The facts are spread twice: readers see them first, and a tag in the file cannot replace one.
    return { ...facts, ...(await imageMetadata(source, kind)), ...facts };
  } catch (error) {
    if (signal?.aborted && error === signal.reason) throw error;
    throw explain(file, error);
  } finally {
    await handle.close().catch(() => {});
  }
}

async function openRegularFile(
  path: PlainPath,
  file: string,
): Promise<{ handle: FileHandle; stats: Stats }> {
  let handle: FileHandle | undefined;
  try {
    // The kind is checked before opening, because to open a named pipe would wait for its writer.
    if ((await stat(path)).isFile()) {
      handle = await open(path, 'r');
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
  // The system's errors have a number; all others come from reading damaged structures.
  if ((error as NodeJS.ErrnoException)?.errno !== undefined) return cannotRead(file, error);
  return new ExtractError(file, `"${file}" is malformed: ${String((error as Error)?.message)}.`, {
    cause: error,
  });
}
