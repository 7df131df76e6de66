import { once } from 'node:events';

/**
 * Writes to stdout no faster than its reader reads. `signal` aborts when the reader goes away (`| head`), and
 * with the signal that is passed in.
 */
export class Stdout {
  readonly signal: AbortSignal;
  readonly #closed = new AbortController();

  /** `print` gets the line that reports a failure. */
  constructor(interrupt: AbortSignal, print: (line: string) => void = console.error) {
    this.signal = AbortSignal.any([interrupt, this.#closed.signal]);
    process.stdout.on('error', (error: NodeJS.ErrnoException) => {
      if (this.closed) return;
      if (error.code !== 'EPIPE') print(`Writing the output failed: ${error.message}.`);
      this.#closed.abort(error);
    });
  }

  /** Whether nothing more can be written: the reader went away, or the output failed. */
  get closed(): boolean {
    return this.#closed.signal.aborted;
  }

  /** Whether the output failed for another reason than that its reader went away. */
  get failed(): boolean {
    return this.closed && this.#closed.signal.reason.code !== 'EPIPE';
  }

  /** Rejects when `signal` aborts. */
  async write(text: string): Promise<void> {
    this.signal.throwIfAborted();
    if (!process.stdout.write(text)) await once(process.stdout, 'drain', { signal: this.signal });
  }
}
