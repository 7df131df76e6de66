import {
  BrokenCircuitError,
  type CircuitBreakerPolicy,
  CircuitState,
  ConsecutiveBreaker,
  circuitBreaker,
  handleWhen,
} from 'cockatiel';

export interface BreakerOptions {
  /** The number of consecutive failures that open the breaker. */
  failureThreshold: number;
  /** Milliseconds until one request tries again. */
  retryAfterMs: number;
}

/** A request failed in a way that does not concern other requests: the server is there and answers. */
export class RefusedError extends Error {}

/** Whether the error is a reply of the server, which is therefore there. */
export function isReply(error: unknown): error is Error {
  return error instanceof Error && /^[A-Z]{2,} /.test(error.message);
}

/** The request was not made, because the breaker was still open: cockatiel follows the wall clock. */
export const NOT_MADE = Symbol('not made');

/**
 * Blocks all requests while the server does not answer, except an occasional one that tests whether it does.
 */
export class Breaker {
  readonly #count: ConsecutiveBreaker;
  readonly #policy: CircuitBreakerPolicy;
  /** The time on the monotonic clock. */
  #opensUntil = 0;

  constructor(
    { failureThreshold, retryAfterMs }: BreakerOptions,
    opened: (error: Error) => void,
    closed: () => void,
  ) {
    this.#count = new ConsecutiveBreaker(failureThreshold);
    this.#policy = circuitBreaker(
      handleWhen((error) => !(error instanceof RefusedError)),
      { breaker: this.#count, halfOpenAfter: retryAfterMs },
    );
    this.#policy.onBreak((reason) => {
      if (!('error' in reason)) return;
      this.#opensUntil = performance.now() + retryAfterMs;
      opened(reason.error);
    });
    this.#policy.onReset(closed);
  }

  get isClosed(): boolean {
    return this.#policy.state === CircuitState.Closed;
  }

  /** Whether the next request would be blocked. */
  get refuses(): boolean {
    switch (this.#policy.state) {
      case CircuitState.Closed:
        return false;
      case CircuitState.Open:
        return performance.now() < this.#opensUntil;
      default:
        return true;
    }
  }

  /**
   * Rejects as the request does. The caller MUST call it only while `refuses` is false: while one request
   * tests the server, cockatiel makes the others wait for it.
   */
  async run<T>(request: () => Promise<T>): Promise<T | typeof NOT_MADE> {
    try {
      return await this.#policy.execute(request);
    } catch (error) {
      if (error instanceof BrokenCircuitError) return NOT_MADE;
      throw error;
    }
  }

  /** Closes the breaker, because the cause of the failures has ended. */
  close(): void {
    this.#count.success();
    if (!this.isClosed) this.#policy.isolate().dispose();
  }
}
