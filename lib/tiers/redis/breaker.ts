import {
  BrokenCircuitError,
  type CircuitBreakerPolicy,
  CircuitState,
  ConsecutiveBreaker,
  circuitBreaker,
  handleWhen,
} from 'cockatiel';

export interface BreakerOptions {
  /** Consecutive failures that open it. */
  failureThreshold: number;
  /** Milliseconds until one request tries again. */
  retryAfterMs: number;
}

/** A request failed in a way that says nothing about the others: the server is there and answers. */
export class RefusedError extends Error {}

/** Whether it is what the server replied: then it is there. */
export function isReply(error: unknown): error is Error {
  return error instanceof Error && /^[A-Z]{2,} /.test(error.message);
}

/** The breaker is open after all (cockatiel goes by the wall clock): the request was not made. */
export const NOT_MADE = Symbol('not made');

/** Lets no request through while the server does not answer, but one now and then to see whether it does. */
export class Breaker {
  readonly #count: ConsecutiveBreaker;
  readonly #policy: CircuitBreakerPolicy;
  /** On the monotonic clock. */
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

  /** Whether the next request would not be made. */
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
   * Rejects as the request does. To be called only when it does not refuse: while one request tries,
   * cockatiel has the others wait for it.
   */
  async run<T>(request: () => Promise<T>): Promise<T | typeof NOT_MADE> {
    try {
      return await this.#policy.execute(request);
    } catch (error) {
      if (error instanceof BrokenCircuitError) return NOT_MADE;
      throw error;
    }
  }

  /** What failed is over. */
  close(): void {
    this.#count.success();
    if (!this.isClosed) this.#policy.isolate().dispose();
  }
}
