// Negative caching: the errors of failed extractions are kept for a short time in a small store of their own,
// so that an unreadable file is not extracted again by every request.

import type { Clock } from '../arena/cache-clock.js';
import { type PackedRejection, packRejection, unpackRejection } from '../flights/rejection.js';
import { LocalRecords } from '../tiers/local-records.js';
import type { Identity } from './record-keys.js';

const MAX_BYTES = 1024 * 1024;

export class FailedExtractions {
  readonly #records: LocalRecords | undefined;

  /** `ttl` is in ms; 0 keeps nothing. */
  constructor(ttl: number, clock?: Clock) {
    if (ttl > 0) this.#records = new LocalRecords({ maxBytes: MAX_BYTES, ttl, clock });
  }

  /** The recent rejection of the extraction for this state of the file. */
  of({ key, state }: Identity): { reason: unknown } | undefined {
    if (this.#records === undefined || state === undefined) return undefined;
    const failure = this.#records.peek(key, state) as PackedRejection | undefined;
    return failure && { reason: unpackRejection(failure) };
  }

  note({ key, state }: Identity, error: unknown): void {
    if (this.#records === undefined || state === undefined) return;
    try {
      this.#records.store(key, this.#records.encode(state, packRejection(error), 0));
    } catch {
      // An error that cannot be kept means another attempt.
    }
  }

  keys(): Iterable<string> {
    return this.#records?.keys() ?? [];
  }

  forget(key: string): void {
    this.#records?.delete(key);
  }

  forgetAll(): void {
    this.#records?.clear();
  }

  close(): void {
    this.#records?.arena.close();
  }
}
