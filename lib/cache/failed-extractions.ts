// Negative caching: errors that extractions failed with, kept for a short time in the memory tier, so
// that a file that cannot be read is not tried again by every request.

import { type PackedRejection, packRejection, unpackRejection } from '../flights/rejection.js';
import type { MemoryTier } from './memory-tier.js';
import type { Identity } from './record-tiers.js';

export class FailedExtractions {
  readonly #memory: MemoryTier;
  readonly #ttl: number;

  /** `ttl` in ms; 0 keeps nothing. */
  constructor(memory: MemoryTier, ttl: number) {
    this.#memory = memory;
    this.#ttl = ttl;
  }

  /** What the extraction for this state of the file was rejected with lately. */
  of({ key, state }: Identity): { reason: unknown } | undefined {
    if (this.#ttl === 0 || state === undefined) return undefined;
    const failure = this.#memory.peek(failureKey(key), state) as PackedRejection | undefined;
    return failure && { reason: unpackRejection(failure) };
  }

  note({ key, state }: Identity, error: unknown): void {
    if (this.#ttl === 0 || state === undefined) return;
    try {
      const record = this.#memory.encode(state, packRejection(error), 0);
      this.#memory.store(failureKey(key), record, { ttl: this.#ttl });
    } catch {
      // An error that cannot be kept is tried again.
    }
  }

  forget(key: string): void {
    if (this.#ttl > 0) this.#memory.delete(failureKey(key));
  }
}

/** No record's key begins so. */
function failureKey(key: string): string {
  return `\0${key}`;
}
