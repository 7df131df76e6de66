import { argumentRangeError } from '../errors/errors.js';

/** Files in work at once, at most: beyond that, only memory grows. */
export const MAX_CONCURRENCY = 64;

/**
 * Whatever the number of CPUs: one thread decodes, and what files in work do at once is wait for the
 * disk. That many keep it, and the four threads that read for Node, busy while one file is decoded;
 * beyond it nothing was faster, with files that are not in the page cache.
 */
export const DEFAULT_CONCURRENCY = 16;

/** Throws a RangeError if out of range. */
export function checkedConcurrency(given: number | undefined): number {
  const concurrency = given ?? DEFAULT_CONCURRENCY;
  if (Number.isInteger(concurrency) && concurrency >= 1 && concurrency <= MAX_CONCURRENCY) {
    return concurrency;
  }
  throw argumentRangeError(
    `concurrency must be a whole number from 1 to ${MAX_CONCURRENCY}, not ${concurrency}.`,
  );
}
