import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { ArenaCache } from '../arena/arena-cache.js';
import { defaultCacheDir } from '../metadata/default-cache-dir.js';
import { filePlace, placesBelow, storedAt } from '../metadata/file-key.js';
import { native } from '../native/addon.js';
import type { NativeDiskSummary } from '../native/disk.js';
import { ExitCode } from './exit-codes.js';
import { interruptible } from './interrupt.js';
import { Stdout } from './stdout.js';

export interface ClearFlags {
  cacheDir?: string;
  /** The namespace of the records to remove. */
  namespace?: string;
}

/** The minimum of memory, because the cache is only opened to reach the disk. */
const MEMORY_BYTES = 1024 * 1024;

/** Runs `ebbcache clear` and returns its exit code. */
export async function runClear(paths: string[], flags: ClearFlags): Promise<number> {
  const stdout = new Stdout(interruptible().signal);
  const cacheDir = flags.cacheDir ?? defaultCacheDir();
  const where = cacheDir ?? 'the home of this user, who has none';
  // Reading the summary makes no folder.
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
  const outcome = await clear(where, summary, paths, flags.namespace);
  if (outcome === undefined) {
    console.error(`ebbcache: The cache in ${where} could not be written. See what holds it up.`);
    return ExitCode.failed;
  }
  await stdout.write(`Cleared ${outcome} from ${where}.\n`);
  return stdout.failed ? ExitCode.failed : ExitCode.ok;
}

/** A sentence about what was cleared; undefined where the disk write failed. */
async function clear(
  dir: string,
  summary: NativeDiskSummary,
  paths: readonly string[],
  namespace: string | undefined,
): Promise<string | undefined> {
  // The bound is the file's own, because another one could evict records that are to stay.
  const disk = { dir: resolve(dir), maxBytes: summary.maxBytes };
  const cache = new ArenaCache({ maxBytes: MEMORY_BYTES, ebb: false, disk }, {});
  const troubles: string[] = [];
  cache.on('disk', ({ kind, message }) => {
    if (kind === 'trouble') troubles.push(message);
  });
  try {
    if (paths.length > 0 || namespace !== undefined) {
      const isWanted = isOfOneOf(paths, namespace);
      const keys = [...cache.keys()].filter(isWanted);
      for (const key of keys) cache.delete(key);
      const files = new Set(keys.map((key) => storedAt(key)?.place)).size;
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

/**
 * Whether the key is that of a named file, or of one below a named folder; without paths, of any file. Where
 * a namespace is given, the key must also be of that namespace.
 */
function isOfOneOf(
  paths: readonly string[],
  namespace: string | undefined,
): (key: string) => boolean {
  const files = new Set(paths.map((path) => filePlace(path, 'followed')));
  const folders = paths.flatMap((path) => placesBelow(path, 'followed'));
  return (key) => {
    const at = storedAt(key);
    if (at === undefined || (namespace !== undefined && at.namespace !== namespace)) return false;
    const { place } = at;
    return (
      paths.length === 0 || files.has(place) || folders.some((folder) => place.startsWith(folder))
    );
  };
}

function count(n: number, noun: string): string {
  return `${n} ${noun}${n === 1 ? '' : 's'}`;
}
