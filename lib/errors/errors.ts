// The errors that this package throws. Each has a stable `code`; the message is a full sentence that says
// what is wrong and what to do.

/** The base class of the errors that do not concern an argument. */
export class EbbcacheError extends Error {
  /** A stable code for programs: 'ERR_EBBCACHE_...'. */
  readonly code: string;

  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
    this.code = code;
  }
}

/** The object has been closed or shut down and can no longer be used. */
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

/** The message of a thrown value, for a sentence about it. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}

/** The result of the functions below: the plain error class with a code. */
export type ArgumentError<E extends Error> = E & { readonly code: 'ERR_EBBCACHE_ARGUMENT' };

/** Makes the error for an argument of the wrong type. The caller MUST throw it. */
export function argumentTypeError(message: string): ArgumentError<TypeError> {
  return withArgumentCode(new TypeError(message), argumentTypeError);
}

/**
 * Makes the error for an argument of the right type whose value is out of range. The caller MUST throw it.
 */
export function argumentRangeError(message: string): ArgumentError<RangeError> {
  return withArgumentCode(new RangeError(message), argumentRangeError);
}

function withArgumentCode<E extends Error>(error: E, hide: (message: string) => E) {
  // The stack starts at the caller, not at the helper.
  Error.captureStackTrace(error, hide);
  return Object.assign(error, { code: 'ERR_EBBCACHE_ARGUMENT' as const });
}
