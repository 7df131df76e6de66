// User code, such as a logger or an 'error' listener, may shut a cache down from within a call of it. The
// call then goes on with what it needs, which is closed when it is over.

export class ClosingGate {
  readonly #finish: () => void;
  #calls = 0;
  #isClosing = false;
  #isClosed = false;

  /** `finish` is called once. */
  constructor(finish: () => void) {
    this.#finish = finish;
  }

  /** Nothing is closed before the call returns or throws. */
  run<T>(call: () => T): T {
    this.#calls++;
    try {
      return call();
    } finally {
      this.#calls--;
      if (this.#isClosing) this.close();
    }
  }

  /** At once, or when the calls that are under way are over. */
  close(): void {
    this.#isClosing = true;
    if (this.#calls > 0 || this.#isClosed) return;
    this.#isClosed = true;
    this.#finish();
  }
}
