import type { Dirent, Stats } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { cannotRead, type ExtractError } from './extract-error.js';

/** A file that was found, or a path that cannot be followed. */
export interface WalkEntry {
  file: string;
  error?: ExtractError;
}

/** Called for what is found inside a folder and is neither a regular file nor a folder. */
export type SkipCallback = (path: string) => void;

/**
 * Files in the order given; folders with all that is below them, in the order of names (UTF-16 code
 * units). Inside a folder, a link to a file counts as the file, a link to a folder is skipped, so
 * that no path is walked twice. A path that does not exist or a folder that cannot be read is
 * yielded with its error. Names that are not UTF-8 reach no file and end as an error, too.
 */
export async function* walk(
  paths: Iterable<string>,
  onSkip?: SkipCallback,
): AsyncGenerator<WalkEntry> {
  for (const given of paths) {
    const stats = await statOrError(given);
    if (!('isDirectory' in stats)) yield { file: given, error: stats };
    else if (stats.isDirectory()) yield* walkFolder(given, onSkip);
    else yield { file: given };
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
  for (const entry of entries) {
    const file = path.join(folder, entry.name);
    if (entry.isDirectory()) yield* walkFolder(file, onSkip);
    else if (entry.isFile() || (entry.isSymbolicLink() && (await linksToFile(file))))
      yield { file };
    else onSkip?.(file);
  }
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
