import { argumentRangeError } from '../errors/errors.js';

/** The maximum number of files in work at once; a higher one only takes more memory. */
export const MAX_CONCURRENCY = 64;

/**
 * The default does not depend on the number of CPUs, because one thread decodes and the other files in work
 * wait for the disk. This number keeps the disk, and the four threads that read for Node, busy while one file
 * is decoded; no higher number was faster, with files that are not in the page cache.
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
