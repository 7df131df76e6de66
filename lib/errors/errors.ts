// The errors this package throws. Each carries a stable `code`; the message is a full sentence that
// says what is wrong and what to do.

/** Base of the errors that are not about an argument. */
export class EbbcacheError extends Error {
  /** Stable, for programs: 'ERR_EBBCACHE_...'. */
  readonly code: string;

  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
    this.code = code;
  }
}

/** The object has been closed or shut down and can no longer do what was asked. */
export class ClosedError extends EbbcacheError {
  constructor(message: string, options?: ErrorOptions) {
    super('ERR_EBBCACHE_CLOSED', message, options);
  }
}

/** The machine's memory could not be read. A later sample may succeed. */
export class SampleError extends EbbcacheError {
  constructor(message: string, options?: ErrorOptions) {
    super('ERR_EBBCACHE_SAMPLE', message, options);
  }
}

/** The message of what was thrown, for a sentence about it. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}

/** What the functions below return: the plain error class with a code. */
export type ArgumentError<E extends Error> = E & { readonly code: 'ERR_EBBCACHE_ARGUMENT' };

/** An argument of the wrong type. Returned, to be thrown by the caller. */
export function argumentTypeError(message: string): ArgumentError<TypeError> {
  return withArgumentCode(new TypeError(message), argumentTypeError);
}

/** An argument of the right type whose value is out of range. Returned, to be thrown. */
export function argumentRangeError(message: string): ArgumentError<RangeError> {
  return withArgumentCode(new RangeError(message), argumentRangeError);
}

function withArgumentCode<E extends Error>(error: E, hide: (message: string) => E) {
  // The stack starts at the caller, not at the helper.
  Error.captureStackTrace(error, hide);
  return Object.assign(error, { code: 'ERR_EBBCACHE_ARGUMENT' as const });
}
