// A remote tier as the cache uses it: whatever the given tier does, no call throws or rejects.

import { isSharedArrayBuffer, isUint8Array } from 'node:util/types';
import { EbbcacheError } from '../errors/errors.js';
import type { RemoteTier, RemoteTierEvents, RemoteTierStats } from './remote-tier.js';

/** Errors of the tier and replies of a wrong kind are misses, and are counted. */
export class GuardedRemote {
  readonly #tier: RemoteTier;
  #errors = 0;

  constructor(tier: RemoteTier) {
    this.#tier = tier;
  }

  /**
   * @throws EbbcacheError (code 'ERR_EBBCACHE_REMOTE') when another cache has this tier already, which is the
   *   caller's mistake.
   */
  start(events: RemoteTierEvents): void {
    try {
      this.#hold(this.#tier.start(this.#guarded(events)));
    } catch (error) {
      if (error instanceof EbbcacheError) throw error;
      this.#errors++;
      events.onFailure(errorOf(error));
    }
  }

  async get(key: string): Promise<Buffer | undefined> {
    try {
      const found: unknown = await this.#tier.get(key);
      if (found === undefined) return undefined;
      if (isUint8Array(found)) return bufferOf(found);
    } catch {
      // The failure is counted below.
    }
    this.#errors++;
    return undefined;
  }

  set(key: string, bytes: Uint8Array, ttlMs: number): boolean {
    const isTaken = this.#try(() => this.#tier.set(key, bytes, ttlMs));
    if (typeof isTaken === 'boolean') return isTaken;
    // The tier violated its contract, so it may not have recorded the deletion that it owes either.
    this.delete([key]);
    return false;
  }

  delete(keys: readonly string[]): void {
    this.#try(() => this.#tier.delete(keys));
  }

  clear(): void {
    this.#try(() => this.#tier.clear());
  }

  stats(): RemoteTierStats {
    const given = this.#readStats();
    const number = (name: string) => {
      const value = given[name];
      return typeof value === 'number' && value >= 0 ? value : 0;
    };
    return {
      connected: given.connected === true,
      hits: number('hits'),
      misses: number('misses'),
      writes: number('writes'),
      errors: number('errors') + this.#errors,
      skipped: number('skipped'),
      dropped: number('dropped'),
    };
  }

  async flush(): Promise<void> {
    try {
      await this.#tier.flush();
    } catch {
      this.#errors++;
    }
  }

  close(): void {
    this.#try(() => this.#tier.close());
  }

  #readStats(): Record<string, unknown> {
    try {
      const given: unknown = this.#tier.stats();
      this.#hold(given);
      if (isObject(given)) return { ...given };
    } catch {
      // The failure is counted below.
    }
    this.#errors++;
    return {};
  }

  /** The result; undefined where the call throws, and for a set that returns no boolean. */
  #try<T>(call: () => T): T | undefined {
    try {
      const result = call();
      this.#hold(result);
      return result;
    } catch {
      this.#errors++;
      return undefined;
    }
  }

  /** A promise that the contract does not provide for MUST NOT be an unhandled rejection. */
  #hold(result: unknown): void {
    if (!isObject(result) || typeof result.then !== 'function') return;
    Promise.resolve(result).catch(() => this.#errors++);
  }

  /** The events with handlers that never throw into the tier. */
  #guarded(events: RemoteTierEvents): RemoteTierEvents {
    return {
      onFailure: (error) => this.#try(() => events.onFailure(errorOf(error))),
      onRecovery: () => this.#try(() => events.onRecovery()),
      onInvalidate: (keys: unknown) => {
        if (keys === undefined) this.#try(() => events.onInvalidate(undefined));
        else if (Array.isArray(keys)) for (const key of keys) this.#invalidate(events, key);
        else this.#errors++;
      },
    };
  }

  /** Each key is invalidated separately, so that the failure of one does not affect the others. */
  #invalidate(events: RemoteTierEvents, key: unknown): void {
    if (typeof key === 'string') this.#try(() => events.onInvalidate([key]));
    else this.#errors++;
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

function errorOf(thrown: unknown): Error {
  if (thrown instanceof Error) return thrown;
  return new Error('The remote tier failed, with something that is no Error.', { cause: thrown });
}

/** A copy that no other code can change while it is checked and decoded. */
function bufferOf(bytes: Uint8Array): Buffer {
  if (isSharedArrayBuffer(bytes.buffer)) return Buffer.from(bytes);
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
