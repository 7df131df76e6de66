// One call among processes: who works holds a lease on the key, which the system releases when its process
// ends. The others ask again until the result is there, or the lease is free.

import { setTimeout as sleep } from 'node:timers/promises';
import { Lease } from '../native/disk.js';
import type { NativeStore } from '../native/store.js';

/** Pauses between two questions, ms: the first one, and the longest. */
const FIRST_PAUSE_MS = 1;
const LONGEST_PAUSE_MS = 20;
/** Nobody waits longer for another process, which may be stopped: it then works too. */
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
   * What `find` finds, or what `work` makes: `work` runs where no other process makes the same just now.
   * What it stores is on the disk before others may make it. Rejects as `work` does, and with the signal's
   * reason when it aborts. What is no longer current, because the key was removed, has no lease.
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
      // It would reject with an AbortError of its own.
      await sleep(pauseMs, undefined, { signal }).catch(() => signal.throwIfAborted());
      const found = find();
      if (found !== undefined) return found;
    }
  }

  /** What is under way for the key goes on without its lease, so that the next one need not wait for it. */
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
      // Another may have made it just before.
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
