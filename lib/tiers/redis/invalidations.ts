import { randomUUID } from 'node:crypto';
import { makeClient } from './clients.js';
import { OwnConnection } from './connection.js';
import type { Driver } from './driver.js';
import { decodeInvalidation, encodeInvalidations } from './invalidation-message.js';
import type { ResolvedRedisTierOptions } from './options.js';

export interface InvalidationEvents {
  /** Another process has removed these keys, or all of them where that is undefined. */
  forgotten(keys: string[] | undefined): void;
  /** A message made no sense, or it could not be subscribed. */
  failed(): void;
}

/**
 * What processes tell each other of what they have removed, by a channel. It is heard by a connection of
 * its own, or in a cluster by the one that the client has for that. What is said while that is down is lost.
 */
export class Invalidations {
  /** Its own messages are not for itself. */
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
      // Again when it is next up.
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

/** Makes a client to subscribe by; undefined where the client for requests does it. */
function makerOf(source: ResolvedRedisTierOptions['source']) {
  if ('url' in source) return (timeoutMs: number) => makeClient(source.url, timeoutMs);
  if (!source.client.subscribesItself) return async () => source.client.subscriber();
  return undefined;
}
