// User code, such as a logger or an 'error' listener, may shut a cache down from within a call of the cache.
// The call then still uses what it needs, which is closed after the call.

export class ClosingGate {
  readonly #finish: () => void;
  #calls = 0;
  #isClosing = false;
  #isClosed = false;

  /** `finish` is called once. */
  constructor(finish: () => void) {
    this.#finish = finish;
  }

  /** Runs the call; nothing is closed before it returns or throws. */
  run<T>(call: () => T): T {
    this.#calls++;
    try {
      return call();
    } finally {
      this.#calls--;
      if (this.#isClosing) this.close();
    }
  }

  /** Closes at once, or when the calls in progress are over. */
  close(): void {
    this.#isClosing = true;
    if (this.#calls > 0 || this.#isClosed) return;
    this.#isClosed = true;
    this.#finish();
  }
}
