// What ArenaCache's fetch does for a key that has no value: one call of the loader for all who wait, in
// this thread, the process, or all processes that share the disk tier.

import { checkFunction, checkOptions, checkSignal } from '../checks/arguments.js';
import { optionNames } from '../checks/option-names.js';
import { Copies, copiesCodec } from '../flights/copies.js';
import { ProcessLeases } from '../flights/process-lease.js';
import { SingleFlight } from '../flights/single-flight.js';
import type { NativeStore } from '../native/addon.js';
import { checkTtl } from './arena-options.js';

/** Makes the value of a key; the signal aborts when nobody waits for it any longer, or the cache closes. */
export type ValueLoader<V> = (key: string, signal: AbortSignal) => Promise<V> | V;

export interface ArenaFetchOptions {
  /** Time to live of the value, ms, 1 or more. Default: the cache's own. */
  ttl?: number;
  /** A caller whose signal aborts stops waiting. */
  signal?: AbortSignal;
}

/** What a cache does for its flights. */
export interface FlightTarget<V> {
  /** The encoded value that is there, without counting. */
  peekBytes(key: string): Buffer | undefined;
  /** Throws for a value that no cache takes. */
  copy(value: V): Copies<V>;
  put(key: string, copies: Copies<V>, ttl: number | undefined): void;
  /** With a disk tier, the store that has leases of it. */
  leases: NativeStore | undefined;
}

export class ArenaFlights<V> {
  readonly #target: FlightTarget<V>;
  readonly #flights: SingleFlight<Copies<V>>;
  readonly #leases: ProcessLeases | undefined;

  /** `scope` names what several threads share; without one, this cache is on its own. */
  constructor(scope: string | undefined, target: FlightTarget<V>) {
    this.#target = target;
    this.#leases = target.leases && new ProcessLeases(target.leases);
    this.#flights = new SingleFlight<Copies<V>>({ scope, ...copiesCodec<V>() });
  }

  /** Rejects as the loader does, and with the signal's reason when that aborts. */
  async run(key: string, load: ValueLoader<V>, options: ArenaFetchOptions): Promise<V> {
    const { ttl, signal } = options;
    const copies = await this.#flights.run(
      key,
      '',
      (shared, isCurrent) => {
        const make = async () => {
          const made = this.#target.copy(await load(key, shared));
          if (isCurrent()) this.#target.put(key, made, ttl);
          return made;
        };
        const find = () => {
          const bytes = this.#target.peekBytes(key);
          return bytes && Copies.ofEncoded<V>(bytes);
        };
        return this.#leases?.run(key, find, make, shared, isCurrent) ?? make();
      },
      signal,
    );
    return copies.take();
  }

  /** What is under way for the key is not kept. */
  forget(key: string): void {
    this.#flights.forget(key);
    this.#leases?.forget(key);
  }

  forgetAll(): void {
    this.#flights.forgetAll();
    this.#leases?.forgetAll();
  }

  /** Aborts what is under way, and rejects all who wait for it, with the reason. */
  close(reason: Error): void {
    this.#flights.close(reason);
  }
}

const NAMES = optionNames<ArenaFetchOptions>('fetch', { ttl: true, signal: true });

/** Throws a TypeError or RangeError for arguments of the wrong kind. */
export function checkFetch(
  load: unknown,
  options: ArenaFetchOptions | undefined,
): ArenaFetchOptions {
  const checked = checkOptions(options, NAMES);
  checkFunction('load', load);
  checkTtl(checked.ttl);
  checkSignal(checked.signal);
  checked.signal?.throwIfAborted();
  return checked;
}
