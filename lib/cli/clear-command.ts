import { existsSync } from 'node:fs';
import { resolve, sep } from 'node:path';
import { defaultCacheDir } from '../cache/advanced-options.js';
import { ArenaCache } from '../cache/arena-cache.js';
import { type NativeDiskSummary, native } from '../native.js';
import { ExitCode } from './exit-codes.js';
import { interruptible } from './interrupt.js';
import { Stdout } from './stdout.js';

export interface ClearFlags {
  cacheDir?: string;
}

/** Only to reach the disk. */
const MEMORY_BYTES = 1024 * 1024;

/** Runs `ebbcache clear` and returns its exit code. */
export async function runClear(paths: string[], flags: ClearFlags): Promise<number> {
  const stdout = new Stdout(interruptible().signal);
  const cacheDir = flags.cacheDir ?? defaultCacheDir();
  const where = cacheDir ?? 'the home of this user, who has none';
  // Looking makes no folder.
  const summary =
    cacheDir !== undefined && existsSync(cacheDir) ? native.diskSummary(cacheDir) : undefined;
  if (summary?.kind === 'values') {
    console.error(
      `ebbcache: ${where} holds values by key, not records of files; the ArenaCache that they are of can clear them.`,
    );
    return ExitCode.failed;
  }
  if (summary === undefined) {
    await stdout.write(`Cleared nothing: there is no cache in ${where}.\n`);
    return stdout.failed ? ExitCode.failed : ExitCode.ok;
  }
  const outcome = await clear(where, summary, paths);
  if (outcome === undefined) {
    console.error(`ebbcache: The cache in ${where} could not be written. See what holds it up.`);
    return ExitCode.failed;
  }
  await stdout.write(`Cleared ${outcome} from ${where}.\n`);
  return stdout.failed ? ExitCode.failed : ExitCode.ok;
}

/** What was cleared, in words; undefined where the disk did not take it. */
async function clear(
  dir: string,
  summary: NativeDiskSummary,
  paths: readonly string[],
): Promise<string | undefined> {
  // With the bound that the file has: another one could cost records that are to stay.
  const disk = { dir: resolve(dir), maxBytes: summary.maxBytes };
  const cache = new ArenaCache({ maxBytes: MEMORY_BYTES, ebb: false, disk }, 'records');
  const troubles: string[] = [];
  cache.on('disk', ({ kind, message }) => {
    if (kind === 'trouble') troubles.push(message);
  });
  try {
    if (paths.length > 0) {
      const places = paths.map((path) => resolve(path).toWellFormed());
      const keys = [...cache.keys()].filter((key) => isBelow(placeOf(key), places));
      for (const key of keys) cache.delete(key);
      const files = new Set(keys.map(placeOf)).size;
      return (await cache.flush())
        ? `${count(keys.length, 'record')} of ${count(files, 'file')}`
        : undefined;
    }
    cache.clear();
    return (await cache.flush())
      ? `all there was, ${count(summary.entries, 'record')},`
      : undefined;
  } finally {
    for (const message of troubles) console.error(`ebbcache: ${message}`);
    cache.close();
  }
}

/** The path of a record's file: what comes before the NUL of its key. */
function placeOf(key: string): string {
  return key.slice(0, key.indexOf('\0'));
}

function isBelow(place: string, folders: readonly string[]): boolean {
  return folders.some(
    (folder) => place === folder || place.startsWith(folder.endsWith(sep) ? folder : folder + sep),
  );
}

function count(n: number, noun: string): string {
  return `${n} ${noun}${n === 1 ? '' : 's'}`;
}
