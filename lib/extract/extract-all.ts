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

/** The outcome for one file: its metadata, and whether that came from the cache, or the failure. */
export type ExtractRecord =
  | { file: string; cached: boolean; metadata: Metadata; error?: undefined }
  | { file: string; error: string; cached?: undefined; metadata?: undefined };

/** The options of `extractAll`. */
export interface ExtractAllOptions {
  /**
   * The cache that is read before a file is extracted, and that stores what was extracted. `refresh` also
   * needs its invalidateFile. Default: none, and each file is extracted.
   */
  cache?: Pick<AdvancedMetadataCache, 'fetch'> &
    Partial<Pick<AdvancedMetadataCache, 'invalidateFile'>>;
  /** Which of a file's records in the cache to use. Default: the cache's own. */
  tier?: string;
  /** Whether cached files are also extracted; the new record replaces the cached one. Default false. */
  refresh?: boolean;
  /** The maximum number of files in work at once, 1 to 64. Default 16, which keeps the disk busy. */
  concurrency?: number;
  /**
   * A signal that stops the run: the iteration throws the signal's reason, even while it waits for a path.
   */
  signal?: AbortSignal;
  /** It is called with the number of files that are done. */
  onProgress?: (done: number) => void;
  /** It is called for what is neither a regular file nor a folder inside a folder. */
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
 * Extracts all files, and all files below all folders, through the cache if there is one. Yields one record a
 * file, in the order of `paths`, and inside a folder in the order of names. Paths may come one by one:
 * finished records are yielded while the next path is awaited. A path that is a Buffer must be UTF-8; any
 * other is a record with an `error`.
 *
 * A caller that ends the iteration early aborts the extractions in flight.
 *
 * A file that fails is a record with an `error`, not an exception, whoever extracted it: this run, another
 * one whose failure the cache keeps, or another thread. A failure of the run itself throws: its signal
 * aborts, the cache is shut down, or an argument is out of range.
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
  // All files in work wait for this signal, so that the caller's signal has one listener, however many files
  // there are.
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

/** Whether every other file would fail in the same way. */
function isOfTheRun(failure: unknown): boolean {
  const { code } = Object(failure) as { code?: unknown };
  return failure instanceof ClosedError || code === 'ERR_EBBCACHE_ARGUMENT';
}
