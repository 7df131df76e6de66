import { setMaxListeners } from 'node:events';
import { isUint8Array } from 'node:util/types';
import { checkIterable, checkOptions } from '../checks/arguments.js';
import { optionNames } from '../checks/option-names.js';
import { argumentTypeError, ClosedError } from '../errors/errors.js';
import type { AdvancedMetadataCache } from '../metadata/advanced-metadata-cache.js';
import { DEFAULT_TIER } from '../metadata/file-key.js';
import type { Metadata } from '../tiers/metadata.js';
import { checkedConcurrency } from './concurrency.js';
import { extractFile } from './extract-file.js';
import { orderedMap } from './ordered-map.js';
import { type PathList, type SkipCallback, type WalkEntry, walk } from './walk.js';

/** One file's outcome: its metadata, and whether that came from the cache, or what went wrong. */
export type ExtractRecord =
  | { file: string; cached: boolean; metadata: Metadata; error?: undefined }
  | { file: string; error: string; cached?: undefined; metadata?: undefined };

/** The options of `extractAll`. */
export interface ExtractAllOptions {
  /**
   * Asked before a file is read; takes what was read. `refresh` needs its invalidateFile too. Default: none, and
   * each file is extracted.
   */
  cache?: Pick<AdvancedMetadataCache, 'fetch'> &
    Partial<Pick<AdvancedMetadataCache, 'invalidateFile'>>;
  /** Which of a file's records in the cache this is. Default: the cache's own. */
  tier?: string;
  /** Extracts also what is in the cache, in the place of which the new record is stored. Default false. */
  refresh?: boolean;
  /** Files in work at once, 1 to 64. Default 16, which keeps the disk busy. */
  concurrency?: number;
  /** Stops the run: the iteration throws the signal's reason, also while it waits for a path. */
  signal?: AbortSignal;
  /** Called with the number of files that are done. */
  onProgress?: (done: number) => void;
  /** Called for what is neither a regular file nor a folder inside a folder. */
  onSkip?: SkipCallback;
}

const NAMES = optionNames<ExtractAllOptions>('extractAll', {
  cache: true,
  tier: true,
  refresh: true,
  concurrency: true,
  signal: true,
  onProgress: true,
  onSkip: true,
});

/**
 * Extracts all files, and all below all folders, through the cache if there is one. Yields one record a file, in the
 * order of `paths`, and inside a folder in the order of names. Paths may come one by one: what is done is
 * yielded while the next one is awaited. A path that is a Buffer must be UTF-8; any other is a record with
 * an `error`. Who ends the iteration early aborts what is in work. A file that fails is a record with an
 * `error`, not an exception, whoever extracted it: this run, another one whose failure the cache keeps, or
 * another thread. What is wrong with the run throws: its signal aborts, the cache is shut down, or an
 * argument is out of range.
 */
export async function* extractAll(
  paths: PathList,
  options?: ExtractAllOptions,
): AsyncGenerator<ExtractRecord> {
  const checked = checkOptions(options, NAMES);
  const { cache, tier, refresh, signal: given, onProgress, onSkip } = checked;
  const concurrency = checkedConcurrency(checked.concurrency);
  if (typeof paths === 'string' || isUint8Array(paths) || paths instanceof URL) {
    throw argumentTypeError('paths must be a list of paths; put the one path into a list.');
  }
  if (!(Symbol.asyncIterator in Object(paths))) checkIterable('paths', paths, 'an array');
  if (cache !== undefined && typeof cache?.fetch !== 'function') {
    throw argumentTypeError('cache must be a cache of metadata by file: an object with fetch.');
  }
  if (refresh && cache !== undefined && typeof cache.invalidateFile !== 'function') {
    throw argumentTypeError('To refresh, the cache must also have invalidateFile.');
  }
  given?.throwIfAborted();
  // All files in work wait for this signal, and the caller's has one listener, however many they are.
  const run = new AbortController();
  const { signal } = run;
  setMaxListeners(0, signal);
  const onAbort = () => run.abort(given?.reason);
  given?.addEventListener('abort', onAbort, { once: true });

  const extractOne = async ({ file, error }: WalkEntry): Promise<ExtractRecord> => {
    if (error) return { file, error: error.message };
    let cached = true;
    const extract = (_: string, shared: AbortSignal) => {
      cached = false;
      return extractFile(file, { signal: shared });
    };
    try {
      if (refresh) cache?.invalidateFile?.(file, tier ?? DEFAULT_TIER);
      const metadata =
        cache === undefined
          ? await extract(file, signal)
          : await cache.fetch(file, extract, { tier, signal });
      return { file, cached, metadata };
    } catch (failure) {
      if (signal.aborted || isOfTheRun(failure)) throw failure;
      return { file, error: failure instanceof Error ? failure.message : String(failure) };
    }
  };
  let done = 0;
  try {
    for await (const record of orderedMap(walk(paths, onSkip), concurrency, extractOne, signal)) {
      onProgress?.(++done);
      yield record;
    }
    signal.throwIfAborted();
  } finally {
    given?.removeEventListener('abort', onAbort);
    run.abort(new Error('The iteration over the records has ended.'));
  }
}

/** No other file will do better. */
function isOfTheRun(failure: unknown): boolean {
  const { code } = Object(failure) as { code?: unknown };
  return failure instanceof ClosedError || code === 'ERR_EBBCACHE_ARGUMENT';
}
