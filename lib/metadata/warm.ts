import { checkFunction, checkNumber, checkOptions, checkSignal } from '../checks/arguments.js';
import { optionNames } from '../checks/option-names.js';
import { argumentRangeError, argumentTypeError, ClosedError } from '../errors/errors.js';
import { DEFAULT_TIER } from './file-key.js';

const DEFAULT_CONCURRENCY = 4;
const MAX_CONCURRENCY = 1024;

/** The options of `warmCache`. */
export interface WarmOptions {
  /** The tier of the records, as in `put`. Default 'default'. */
  tier?: string;
  /** The maximum number of files in work at once, 1 to 1024. Default 4. */
  concurrency?: number;
  /** A signal that stops the warming, which then rejects with the signal's reason. */
  signal?: AbortSignal;
  /** It is called after each file. */
  onProgress?: (done: number, total: number) => void;
}

const NAMES = optionNames<WarmOptions>('warmCache', {
  tier: true,
  concurrency: true,
  signal: true,
  onProgress: true,
});

/** What warming needs from a cache. */
export interface Warmed {
  /** Throws for a path or tier of the wrong kind. */
  check(filePath: string, tier: string): void;
  fetch(filePath: string, tier: string, signal: AbortSignal | undefined): Promise<unknown>;
  has(filePath: string, tier: string): boolean;
  onFailure(error: unknown, filePath: string): void;
}

/** See AdvancedMetadataCache.warmCache. */
export async function warm(
  cache: Warmed,
  filePaths: readonly string[],
  extract: unknown,
  options: WarmOptions | undefined,
): Promise<Record<string, boolean>> {
  if (!Array.isArray(filePaths)) throw argumentTypeError('filePaths must be an array of paths.');
  checkFunction('extract', extract);
  const {
    tier = DEFAULT_TIER,
    concurrency = DEFAULT_CONCURRENCY,
    onProgress,
    signal,
  } = checkOptions(options, NAMES);
  checkNumber('concurrency', concurrency, 1, MAX_CONCURRENCY, 'files');
  if (!Number.isInteger(concurrency)) {
    throw argumentRangeError(`concurrency must be a whole number; it is ${concurrency}.`);
  }
  if (onProgress !== undefined) checkFunction('onProgress', onProgress);
  checkSignal(signal);
  const paths = [...filePaths];
  for (const filePath of paths) {
    // The result uses the paths as its names.
    if (typeof filePath !== 'string') throw argumentTypeError('A file path must be a string.');
    cache.check(filePath, tier);
  }
  signal?.throwIfAborted();
  let done = 0;
  const queue = paths.values();
  const worker = async () => {
    for (const filePath of queue) {
      try {
        await cache.fetch(filePath, tier, signal);
      } catch (error) {
        signal?.throwIfAborted();
        if (error instanceof ClosedError) throw error;
        cache.onFailure(error, filePath);
      }
      onProgress?.(++done, paths.length);
    }
  };
  const workers = Math.min(concurrency, paths.length);
  await Promise.all(Array.from({ length: workers }, worker));
  return Object.fromEntries(paths.map((each) => [each, cache.has(each, tier)]));
}
