import { availableParallelism } from 'node:os';
import { argumentRangeError } from '../errors.js';

/** Files in work at once, at most: beyond that, only memory grows. */
export const MAX_CONCURRENCY = 64;
const DEFAULT_MAX_CONCURRENCY = 16;

/** The default is the number of CPUs, at most 16. Throws a RangeError if out of range. */
export function checkedConcurrency(given: number | undefined): number {
  const concurrency = given ?? Math.min(availableParallelism(), DEFAULT_MAX_CONCURRENCY);
  if (Number.isInteger(concurrency) && concurrency >= 1 && concurrency <= MAX_CONCURRENCY) {
    return concurrency;
  }
  throw argumentRangeError(
    `concurrency must be a whole number from 1 to ${MAX_CONCURRENCY}, not ${concurrency}.`,
  );
}
