// What ArenaCache's fetch does for a key without a value: one call of the loader for all callers that wait,
// in this thread, the process, or all processes that share the disk tier.

import { checkFunction, checkOptions, checkSignal } from '../checks/arguments.js';
import { optionNames } from '../checks/option-names.js';
import { Copies, copiesCodec } from '../flights/copies.js';
import { ProcessLeases } from '../flights/process-lease.js';
import { SingleFlight } from '../flights/single-flight.js';
import { native } from '../native/addon.js';
import type { NativeStore } from '../native/store.js';
import { checkTtl } from './arena-options.js';
import { copyOf } from './read-buffer.js';
import { checkSetOptions } from './set-options.js';
import type { StoreHandle } from './store-handle.js';
import { checkValue } from './value-check.js';

/** Makes the value of a key. The signal aborts when no caller waits any longer, or the cache closes. */
export type ValueLoader<V> = (key: string, signal: AbortSignal) => Promise<V> | V;

/** The options of `ArenaCache.fetch`. */
export interface ArenaFetchOptions {
  /** Time to live of the value, ms, 1 or more. Default: the cache's own. */
  ttl?: number;
  /** A caller whose signal aborts stops waiting. */
  signal?: AbortSignal;
}

export class ArenaFlights<V> {
  readonly #handle: StoreHandle;
  readonly #flights: SingleFlight<Copies<V>>;
  readonly #leases: ProcessLeases | undefined;

  /**
   * `scope` names the flights that several threads share; without one, this cache shares its flights with no
   * other thread. `leases` is the store of a disk tier, which has leases.
   */
  constructor(scope: string | undefined, handle: StoreHandle, leases: NativeStore | undefined) {
    this.#handle = handle;
    this.#leases = leases && new ProcessLeases(leases);
    this.#flights = new SingleFlight<Copies<V>>({ scope, ...copiesCodec<V>() });
  }

  /** Rejects as the loader does, and with the signal's reason when the signal aborts. */
  async run(key: string, load: ValueLoader<V>, options: ArenaFetchOptions): Promise<V> {
    const { ttl, signal } = options;
    const copies = await this.#flights.run(
      key,
      '',
      (shared, isCurrent) => {
        const make = async () => {
          const made = this.#copiesOf(await load(key, shared));
          if (isCurrent()) this.#put(key, made, ttl);
          return made;
        };
        const find = () => {
          const bytes = this.#handle.read(native.peekBytes, key, copyOf);
          return bytes && Copies.ofEncoded<V>(bytes);
        };
        return this.#leases?.run(key, find, make, shared, isCurrent) ?? make();
      },
      signal,
    );
    return copies.take();
  }

  /** The result in flight for the key is not kept. */
  forget(key: string): void {
    this.#flights.forget(key);
    this.#leases?.forget(key);
  }

  forgetAll(): void {
    this.#flights.forgetAll();
    this.#leases?.forgetAll();
  }

  /** Aborts what is in flight, and rejects all callers that wait for it, with the reason. */
  close(reason: Error): void {
    this.#flights.close(reason);
  }

  /** Throws for a value that no cache can store. */
  #copiesOf(value: V): Copies<V> {
    checkValue(value);
    return Copies.of(value, this.#handle.destination);
  }

  #put(key: string, { encoded }: Copies<V>, ttl: number | undefined): void {
    const handle = this.#handle;
    if (!handle.isOpen) return;
    const checked = checkSetOptions({ ttl });
    if (encoded === undefined) handle.put(key, undefined, checked);
    else handle.putBytes(key, encoded, checked);
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
