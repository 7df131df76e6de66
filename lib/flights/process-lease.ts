// One call among processes: the process that works holds a lease on the key, which the system releases when
// the process ends. The others poll until the result is there, or the lease is free.

import { setTimeout as sleep } from 'node:timers/promises';
import { Lease } from '../native/disk.js';
import type { NativeStore } from '../native/store.js';

/** The pauses between two polls, ms: the first one, and the longest. */
const FIRST_PAUSE_MS = 1;
const LONGEST_PAUSE_MS = 20;
/** The longest wait for another process, which may be stopped; this process then works too. */
const MAX_WAIT_MS = 30_000;

/** The leases that one cache holds by its store. */
export class ProcessLeases {
  readonly #store: NativeStore;
  /** The call that holds the lease of each key. */
  readonly #held = new Map<string, object>();

  constructor(store: NativeStore) {
    this.#store = store;
  }

  /**
   * Resolves with what `find` finds, or what `work` makes: `work` runs where no other process makes the same
   * at that time. What it stores is on the disk before others may make it. Rejects as `work` does, and with
   * the signal's reason when the signal aborts. Work that is no longer current, because the key was removed,
   * has no lease.
   */
  async run<T>(
    key: string,
    find: () => T | undefined,
    work: () => Promise<T>,
    signal: AbortSignal,
    isCurrent: () => boolean,
  ): Promise<T> {
    const until = performance.now() + MAX_WAIT_MS;
    for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS)) {
      if (!isCurrent()) return work();
      const outcome = this.#store.acquireLease(key);
      if (outcome === Lease.unavailable) return work();
      if (outcome === Lease.held) return this.#runHolding(key, find, work);
      if (performance.now() > until) return work();
      // Without this, `sleep` would reject with an AbortError of its own.
      await sleep(pauseMs, undefined, { signal }).catch(() => signal.throwIfAborted());
      const found = find();
      if (found !== undefined) return found;
    }
  }

  /**
   * The work in flight for the key continues without its lease, so that the next call need not wait for it.
   */
  forget(key: string): void {
    if (this.#held.delete(key)) this.#release(key);
  }

  forgetAll(): void {
    for (const key of [...this.#held.keys()]) this.forget(key);
  }

  async #runHolding<T>(key: string, find: () => T | undefined, work: () => Promise<T>): Promise<T> {
    const holder = {};
    this.#held.set(key, holder);
    try {
      // Another process may have stored the result just before.
      return find() ?? (await work());
    } finally {
      if (this.#held.get(key) === holder) this.forget(key);
    }
  }

  /** A store that was closed meanwhile has released it. */
  #release(key: string): void {
    try {
      this.#store.releaseLease(key);
    } catch (error) {
      if (Object(error).code !== 'ERR_EBBCACHE_CLOSED') throw error;
    }
  }
}
