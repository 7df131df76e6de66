// Reports the entries that leave a cache's memory as events of the cache.

import type { EventEmitter } from 'node:events';
import type { NativeStore } from '../native/store.js';
import { inRootContext } from '../process/root-context.js';
import type { ArenaEvents, Removal, RemovalReason } from './arena-events.js';

/** The places of the reasons are the numbers that native/store/removal_log.h gives them. */
const REMOVAL_REASONS: readonly RemovalReason[] = [
  'evict',
  'pressure',
  'expire',
  'replace',
  'delete',
  'clear',
];

/**
 * Emits 'remove' and 'removalsLost'. Removals are requested from the store only while there is a listener.
 */
export class RemovalEvents {
  readonly #emitter: EventEmitter<ArenaEvents>;
  #store: NativeStore | undefined;
  /** It identifies the current listeners: removals in flight to previous ones are not reported. */
  #subscription: object | undefined;

  readonly #onAdded = (name: string | symbol): void => {
    if (name === 'remove' || name === 'removalsLost') this.#subscribe();
  };
  readonly #onRemoved = (name: string | symbol): void => {
    if (name === 'remove' || name === 'removalsLost') this.#unsubscribeIfUnheard();
  };

  constructor(store: NativeStore, emitter: EventEmitter<ArenaEvents>) {
    this.#store = store;
    this.#emitter = emitter;
    this.watchListeners();
  }

  /** The cache MUST call this after all listeners were removed, because those of this class were too. */
  watchListeners(): void {
    const emitter = this.#emitter as EventEmitter;
    for (const [name, listener] of [
      ['newListener', this.#onAdded],
      ['removeListener', this.#onRemoved],
    ] as const) {
      if (!emitter.listeners(name).includes(listener)) emitter.on(name, listener);
    }
    this.#unsubscribeIfUnheard();
  }

  /** The cache MUST call this before it closes the store. */
  close(): void {
    this.#store = undefined;
    this.#subscription = undefined;
  }

  /**
   * The function that the addon keeps and calls. It is made here because nothing in its scope may refer to a
   * cache or a store, so that these can still be collected.
   */
  static #teller(
    events: WeakRef<RemovalEvents>,
    subscription: object,
  ): (removals: readonly (string | number)[], lost: number) => void {
    return (removals, lost) => {
      const listening = events.deref();
      if (listening !== undefined) listening.#tell(subscription, removals, lost);
    };
  }

  #subscribe(): void {
    const store = this.#store;
    if (store === undefined || this.#subscription !== undefined) return;
    const subscription = {};
    const tell = RemovalEvents.#teller(new WeakRef(this), subscription);
    inRootContext(() => store.onRemovals(tell));
    this.#subscription = subscription;
  }

  #unsubscribeIfUnheard(): void {
    const emitter = this.#emitter;
    if (this.#subscription === undefined) return;
    if (emitter.listenerCount('remove') + emitter.listenerCount('removalsLost') > 0) return;
    this.#subscription = undefined;
    this.#store?.onRemovals();
  }

  /** `removals` are keys, each before the number of its reason. */
  #tell(subscription: object, removals: readonly (string | number)[], lost: number): void {
    const emit = (emitEvent: () => void): void => {
      // The exception of a listener leaves a callback of Node's own, as with any timer.
      process.nextTick(() => {
        if (this.#subscription === subscription) emitEvent();
      });
    };
    if (removals.length > 0) emit(() => this.#emitter.emit('remove', removalsOf(removals)));
    if (lost > 0) emit(() => this.#emitter.emit('removalsLost', lost));
  }
}

function removalsOf(flat: readonly (string | number)[]): Removal[] {
  const removals: Removal[] = [];
  for (let i = 0; i < flat.length; i += 2) {
    removals.push({
      key: flat[i] as string,
      reason: REMOVAL_REASONS[flat[i + 1] as number] as RemovalReason,
    });
  }
  return removals;
}
