import type { AdvancedMetadataCache } from '../cache/advanced-metadata-cache.js';
import { argumentTypeError, ClosedError } from '../errors.js';
import type { Metadata } from '../tiers/metadata.js';
import { checkedConcurrency } from './concurrency.js';
import { extractFile } from './extract-file.js';
import { orderedMap } from './ordered-map.js';
import { type SkipCallback, type WalkEntry, walk } from './walk.js';

/** One file's outcome: its metadata, and whether that came from the cache, or what went wrong. */
export type ExtractRecord =
  | { file: string; cached: boolean; metadata: Metadata; error?: undefined }
  | { file: string; error: string; cached?: undefined; metadata?: undefined };

export interface ExtractAllOptions {
  /** Asked before a file is read; takes what was read. */
  cache: Pick<AdvancedMetadataCache, 'fetch'>;
  /** Which of a file's entries in the cache this is; left out, the cache's default. */
  tier?: string;
  /** Files in work at once, 1 to 64. Default: the number of CPUs, at most 16. */
  concurrency?: number;
  /** Stops the run: the iteration throws the signal's reason. */
  signal?: AbortSignal;
  /** Called with the number of files that are done. */
  onProgress?: (done: number) => void;
  /** Called for what is neither a regular file nor a folder inside a folder. */
  onSkip?: SkipCallback;
}

/**
 * Extracts all files, and all below all folders, through the cache. Yields one record a file, in the
 * order of `paths`, and inside a folder in the order of names. A file that fails is a record with an
 * `error`, not an exception, whoever extracted it: this run, another one whose failure the cache keeps, or
 * another thread. What is wrong with the run throws: its signal aborts, the cache is shut down, or an
 * argument is out of range.
 */
export async function* extractAll(
  paths: Iterable<string>,
  options: ExtractAllOptions,
): AsyncGenerator<ExtractRecord> {
  const { cache, tier, signal, onProgress, onSkip } = options;
  const concurrency = checkedConcurrency(options.concurrency);
  if (typeof paths === 'string') {
    throw argumentTypeError('paths must be a list of paths; put the one path into a list.');
  }
  if (typeof cache?.fetch !== 'function') {
    throw argumentTypeError('cache must be a cache of metadata by file: an object with fetch.');
  }
  const extractOne = async ({ file, error }: WalkEntry): Promise<ExtractRecord> => {
    if (error) return { file, error: error.message };
    let cached = true;
    const extract = (_: string, shared: AbortSignal) => {
      cached = false;
      return extractFile(file, { signal: shared });
    };
    try {
      const metadata = await cache.fetch(file, extract, { tier, signal });
      return { file, cached, metadata };
    } catch (failure) {
      if (signal?.aborted || isOfTheRun(failure)) throw failure;
      return { file, error: failure instanceof Error ? failure.message : String(failure) };
    }
  };
  let done = 0;
  for await (const record of orderedMap(walk(paths, onSkip), concurrency, extractOne)) {
    signal?.throwIfAborted();
    onProgress?.(++done);
    yield record;
  }
  signal?.throwIfAborted();
}

/** No other file will do better. */
function isOfTheRun(failure: unknown): boolean {
  const { code } = Object(failure) as { code?: unknown };
  return failure instanceof ClosedError || code === 'ERR_EBBCACHE_ARGUMENT';
}
