import { randomUUID } from 'node:crypto';
import { makeClient } from './clients.js';
import { OwnConnection } from './connection.js';
import type { Driver } from './driver.js';
import { decodeInvalidation, encodeInvalidations } from './invalidation-message.js';
import type { ResolvedRedisTierOptions } from './options.js';

export interface InvalidationEvents {
  /** Another process has removed these keys, or all keys where `keys` is undefined. */
  forgotten(keys: string[] | undefined): void;
  /** A message was malformed, or the subscription failed. */
  failed(): void;
}

/**
 * Processes notify each other of removed keys by a channel. Messages arrive by a separate connection, or in a
 * cluster by the one that its client has for subscriptions. Messages that are sent while that connection is
 * down are lost.
 */
export class Invalidations {
  /** The id by which this process ignores its own messages. */
  readonly #sender = randomUUID();
  readonly #channel: string;
  readonly #events: InvalidationEvents;
  readonly #connection: OwnConnection | undefined;
  #unsubscribe: (() => void) | undefined;
  #closed = false;

  constructor(
    { keyPrefix, source, retryAfterMs }: ResolvedRedisTierOptions,
    events: InvalidationEvents,
  ) {
    this.#channel = `${keyPrefix}invalidate`;
    this.#events = events;
    const make = makerOf(source);
    this.#connection = make && new OwnConnection(make, retryAfterMs);
  }

  open(): void {
    this.#connection?.open({
      up: async (driver) => {
        await driver.subscribe(this.#channel, (message) => this.#hear(message));
      },
      down: () => this.#events.failed(),
    });
  }

  /** The connection for requests is up; a cluster subscribes by it. */
  async requestsUp(driver: Driver): Promise<void> {
    if (this.#connection !== undefined || this.#unsubscribe !== undefined) return;
    this.#unsubscribe = () => {};
    try {
      this.#unsubscribe = await driver.subscribe(this.#channel, (message) => this.#hear(message));
      if (this.#closed) this.#unsubscribe();
    } catch {
      // The next connection subscribes again.
      this.#unsubscribe = undefined;
      this.#events.failed();
    }
  }

  async tell(driver: Driver, keys: readonly string[] | undefined): Promise<void> {
    const messages = encodeInvalidations(this.#sender, keys);
    await Promise.all(messages.map((message) => driver.publish(this.#channel, message)));
  }

  close(): void {
    this.#closed = true;
    this.#connection?.close();
    this.#unsubscribe?.();
  }

  #hear(message: string): void {
    if (this.#closed) return;
    const invalidation = decodeInvalidation(message);
    if (invalidation === undefined) {
      this.#events.failed();
    } else if (invalidation.from !== this.#sender) {
      if (invalidation.badKeys > 0) this.#events.failed();
      this.#events.forgotten(invalidation.keys);
    }
  }
}

/** Makes a client for the subscription; undefined where the client for requests subscribes. */
function makerOf(source: ResolvedRedisTierOptions['source']) {
  if ('url' in source) return (timeoutMs: number) => makeClient(source.url, timeoutMs);
  if (!source.client.subscribesItself) return async () => source.client.subscriber();
  return undefined;
}
