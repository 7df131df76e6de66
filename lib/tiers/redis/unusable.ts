import { EbbcacheError } from '../../errors/errors.js';

/** The error that a tier reports for the failure for which it is skipped. */
export function unusable(cause: Error): EbbcacheError {
  return new EbbcacheError(
    'ERR_EBBCACHE_REMOTE',
    `The Redis tier cannot be used and is skipped until it can: ${reasonOf(cause)}`,
    { cause },
  );
}

/**
 * A connection that was tried by several addresses fails with a list of errors, and no message of its own.
 */
function reasonOf(error: Error): string {
  const first: unknown = error instanceof AggregateError ? error.errors[0] : undefined;
  const { message, name } = first instanceof Error ? first : error;
  return message === '' ? name : message;
}
