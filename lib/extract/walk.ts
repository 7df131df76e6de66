import buffer from 'node:buffer';
import type { Dirent, Stats } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { cannotRead, ExtractError } from '../errors/extract-error.js';
import { type FilePath, textOf, toPlainPath } from '../files/file-path.js';

/** A file that was found, or a path that cannot be followed. */
export interface WalkEntry {
  file: string;
  error?: ExtractError;
}

/** Paths of files and folders, all at once or one by one. */
export type PathList = Iterable<FilePath> | AsyncIterable<FilePath>;

/** It is called for what is found inside a folder and is neither a regular file nor a folder. */
export type SkipCallback = (path: string) => void;

/** The character that replaces bytes that are not UTF-8 in a string. */
const REPLACEMENT = '\ufffd';

/**
 * Yields files in the order given, and all files below folders in the order of names (UTF-16 code units).
 * Inside a folder, a link to a file counts as the file, and a link to a folder is skipped, so that no path is
 * walked twice.
 *
 * A path that does not exist, a folder that cannot be read or a name that is not UTF-8, by which no string
 * reaches the file, is yielded with its error.
 */
export async function* walk(paths: PathList, onSkip?: SkipCallback): AsyncGenerator<WalkEntry> {
  for await (const given of paths) {
    const file = toPlainPath(given);
    if (typeof file !== 'string') {
      yield { file: textOf(file), error: notUtf8(escaped(file)) };
      continue;
    }
    const stats = await statOrError(file);
    if (!('isDirectory' in stats)) yield { file, error: stats };
    else if (stats.isDirectory()) yield* walkFolder(file, onSkip);
    else yield { file };
  }
}

async function* walkFolder(folder: string, onSkip?: SkipCallback): AsyncGenerator<WalkEntry> {
  let entries: Dirent[];
  try {
    entries = await readdir(folder, { withFileTypes: true });
  } catch (cause) {
    yield { file: folder, error: cannotRead(folder, cause) };
    return;
  }
  entries.sort((a, b) => (a.name < b.name ? -1 : 1));
  const badNames = await badNamesAmong(folder, entries);
  for (const entry of entries) {
    const file = path.join(folder, entry.name);
    const badName = badNames.get(entry.name)?.shift();
    if (badName !== undefined) yield { file, error: notUtf8(path.join(folder, badName)) };
    else if (entry.isDirectory()) yield* walkFolder(file, onSkip);
    else if (entry.isFile() || (entry.isSymbolicLink() && (await linksToFile(file))))
      yield { file };
    else onSkip?.(file);
  }
}

/** The names in the folder that are not UTF-8, by their text after decoding. */
async function badNamesAmong(folder: string, entries: Dirent[]): Promise<Map<string, string[]>> {
  const found = new Map<string, string[]>();
  if (!entries.some(({ name }) => name.includes(REPLACEMENT))) return found;
  // A folder that was removed meanwhile has no names; its files are reported as missing.
  const names = await readdir(folder, { encoding: 'buffer' }).catch(() => []);
  for (const name of names) {
    if (buffer.isUtf8(name)) continue;
    const shown = name.toString();
    found.set(shown, [...(found.get(shown) ?? []), escaped(name)]);
  }
  return found;
}

/** The bytes as text, with `\xNN` for those that are not part of well-formed UTF-8. */
function escaped(bytes: Buffer): string {
  let text = '';
  for (let at = 0; at < bytes.length; ) {
    const length = [1, 2, 3, 4].find((n) => buffer.isUtf8(bytes.subarray(at, at + n)));
    const end = at + (length ?? 1);
    text += length ? bytes.toString('utf8', at, end) : `\\x${bytes.toString('hex', at, end)}`;
    at = end;
  }
  return text;
}

function notUtf8(file: string): ExtractError {
  return new ExtractError(
    file,
    `"${file}" cannot be read: its name is not UTF-8. Rename it, for example with convmv.`,
  );
}

async function statOrError(given: string): Promise<Stats | ExtractError> {
  try {
    return await stat(given);
  } catch (cause) {
    return cannotRead(given, cause);
  }
}

async function linksToFile(link: string): Promise<boolean> {
  return stat(link).then(
    (stats) => stats.isFile(),
    () => false,
  );
}
