import { afterEach, beforeEach, type Mock, vi } from 'vitest';
import { native } from '../../lib/native/addon.js';

/** Collects the warnings of the process that a test causes; each test begins as if none had been emitted before. */
export class ProcessWarnings {
  #emitWarning: Mock | undefined;

  /** Construct it once for the tests of a file, or of a describe. */
  constructor() {
    beforeEach(() => {
      native.forgetWarnings();
      this.#emitWarning = vi.spyOn(process, 'emitWarning').mockImplementation(() => {}) as Mock;
    });
    afterEach(() => {
      this.#emitWarning?.mockRestore();
      native.forgetWarnings();
    });
  }

  /** Returns the arguments of the calls of process.emitWarning. */
  get all(): [message: string, options: { type: string; code: string }][] {
    return (this.#emitWarning?.mock.calls ?? []) as never;
  }

  get codes(): string[] {
    return this.all.map(([, { code }]) => code);
  }
}
