import { afterEach, beforeEach, type Mock, vi } from 'vitest';
import { native } from '../../lib/native/addon.js';

/** Warnings of the process that a test caused; each test begins as if none had been emitted before. */
export class ProcessWarnings {
  #emitWarning: Mock | undefined;

  /** For the tests of a file, or of what it describes. */
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

  /** What process.emitWarning was called with. */
  get all(): [message: string, options: { type: string; code: string }][] {
    return (this.#emitWarning?.mock.calls ?? []) as never;
  }

  get codes(): string[] {
    return this.all.map(([, { code }]) => code);
  }
}
