import { EbbcacheError } from '../../errors/errors.js';
import { NoClientError } from '../no-client-error.js';
import type { RemoteTier, RemoteTierEvents, RemoteTierStats } from '../remote-tier.js';
import { Breaker, isReply, NOT_MADE, RefusedError } from './breaker.js';
import { makeClient } from './clients.js';
import { type Connection, GivenConnection, OwnConnection } from './connection.js';
import { DeadlineError, isInTime, withDeadline } from './deadline.js';
import { Deletions } from './deletions.js';
import type { Driver } from './driver.js';
import { type FirstAttempt, firstAttempt } from './first-attempt.js';
import { Invalidations } from './invalidations.js';
import { KeyOrder, type Place } from './key-order.js';
import {
  type RedisTierOptions,
  type ResolvedRedisTierOptions,
  resolveRedisTierOptions,
} from './options.js';
import { unusable } from './unusable.js';
import { type Passage, WriteWindow } from './write-window.js';

/** The maximum number of gets in flight, whether or not a caller still waits for them. */
const MAX_GETS = 1024;

/** Larger values are not sent. */
const MAX_VALUE_BYTES = 16 * 1024 * 1024;

/** The key of the requests that test whether the server answers; nothing is stored under it. */
const PROBED_KEY = '';

/** The approximate size of a write in addition to its key and value: the command, promises, a timer. */
const WRITE_OVERHEAD_BYTES = 256;

/**
 * Makes a remote tier in Redis or Valkey, one server or a cluster. It connects when the cache starts it.
 *
 * A server that is slow, absent or hangs costs a get at most `timeoutMs`. After `failureThreshold` of them in
 * a row the tier is skipped, which costs nothing, until one request tries it again after `retryAfterMs`. Of n
 * gets at once, n + `failureThreshold` - 1 may wait without a reply before it is skipped, and no more than
 * 1024 wait: those beyond are skipped. Values above 16 MiB are not sent.
 *
 * @throws TypeError or RangeError with the code 'ERR_EBBCACHE_ARGUMENT', naming the option.
 *
 * @example
 * const tier = redisTier({ url: 'redis://127.0.0.1:6379' });
 */
export function redisTier(options: RedisTierOptions): RemoteTier {
  return new RedisTier(resolveRedisTierOptions(options));
}

class RedisTier implements RemoteTier {
  readonly #options: ResolvedRedisTierOptions;
  readonly #connection: Connection;
  readonly #breaker: Breaker;
  readonly #invalidations: Invalidations | undefined;
  readonly #order = new KeyOrder();
  readonly #deletions: Deletions;
  readonly #counts = { hits: 0, misses: 0, writes: 0, errors: 0, skipped: 0, dropped: 0 };
  /** Writes and deletions in flight. */
  readonly #queued = new Set<Promise<void>>();
  #queuedBytes = 0;
  readonly #window: WriteWindow;
  /** A large write that a get waited for without a reply: until it is over, no further get is sent. */
  #blocking: Passage | undefined;
  /** The number of gets in flight. */
  #gets = 0;
  #events: RemoteTierEvents | undefined;
  #closed = false;
  /** Undefined while it is not connected. */
  #driver: Driver | undefined;
  /** The first attempt to connect, which requests wait for; undefined once it has succeeded or failed. */
  #connecting: FirstAttempt | undefined = firstAttempt();
  #failed = false;

  constructor(options: ResolvedRedisTierOptions) {
    this.#options = options;
    const { source, retryAfterMs, timeoutMs } = options;
    this.#window = new WriteWindow(timeoutMs / 5);
    this.#connection =
      'url' in source
        ? new OwnConnection((timeoutMs) => makeClient(source.url, timeoutMs), retryAfterMs)
        : new GivenConnection(source.client);
    this.#breaker = new Breaker(
      options,
      (error) => {
        this.#fail(error);
        this.#connection.drop(error);
      },
      () => this.#recover(),
    );
    this.#deletions = new Deletions(options, this.#order, {
      isInUse: () => this.#isConnecting && this.#breaker.isClosed,
      probe: () => void this.#probe(),
      ready: () => this.#ready(),
      publish: async (driver, keys) => this.#invalidations?.tell(driver, keys),
      failed: () => this.#countError(),
      queue: (work) => this.#queue(work),
    });
    if (options.invalidations) {
      this.#invalidations = new Invalidations(options, {
        forgotten: (keys) => this.#tell((events) => events.onInvalidate(keys)),
        failed: () => this.#countError(),
      });
    }
  }

  start(events: RemoteTierEvents): void {
    if (this.#events !== undefined) {
      throw new EbbcacheError(
        'ERR_EBBCACHE_REMOTE',
        'This remote tier already belongs to a cache: make one for each cache.',
      );
    }
    this.#events = events;
    if (this.#closed) return;
    this.#connection.open({
      up: (driver) => this.#up(driver),
      down: (error) => this.#down(error),
    });
    this.#invalidations?.open();
  }

  async get(key: string): Promise<Uint8Array | undefined> {
    if (this.#deletions.isOwed(key)) {
      this.#counts.misses++;
      return undefined;
    }
    const { large } = this.#window;
    const isBlocked = large !== undefined && large === this.#blocking;
    if (this.#skips || isBlocked || this.#gets >= MAX_GETS) {
      this.#counts.skipped++;
      return undefined;
    }
    try {
      return this.#received(key, await this.#ask(key));
    } catch {
      this.#countError();
      return undefined;
    }
  }

  set(key: string, bytes: Uint8Array, ttlMs: number): boolean {
    // A UTF-16 code unit takes up to three bytes.
    const size = bytes.byteLength + key.length * 3 + WRITE_OVERHEAD_BYTES;
    const fits =
      bytes.byteLength <= MAX_VALUE_BYTES &&
      this.#queuedBytes + size <= this.#options.maxPendingBytes;
    const skips = this.#skips;
    if (skips) this.#counts.skipped++;
    if (skips || !fits || !(ttlMs > 0)) {
      this.#counts.dropped++;
      if (this.#events !== undefined) this.#deletions.addUnwritten(key);
      return false;
    }
    const wholeMs = Math.ceil(Math.min(ttlMs, Number.MAX_SAFE_INTEGER));
    this.#queue(this.#write(key, Buffer.from(bytes), wholeMs, size));
    return true;
  }

  delete(keys: readonly string[]): void {
    if (this.#closed || keys.length === 0) return;
    this.#deletions.add([...keys]);
  }

  clear(): void {
    if (this.#closed) return;
    this.#deletions.add(undefined);
  }

  stats(): RemoteTierStats {
    return { connected: this.#driver !== undefined, ...this.#counts };
  }

  async flush(): Promise<void> {
    await Promise.all(this.#queued);
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#driver = undefined;
    this.#endFirstAttempt()?.failed(new Error('The tier was closed.'));
    this.#deletions.close();
    this.#invalidations?.close();
    this.#connection.close();
  }

  /** Whether a request made now would not be sent. */
  get #skips(): boolean {
    if (this.#closed || this.#events === undefined) return true;
    return !this.#isConnecting || this.#breaker.refuses;
  }

  /** Whether it is connected, or the first attempt is in progress. */
  get #isConnecting(): boolean {
    return this.#driver !== undefined || this.#connecting !== undefined;
  }

  /** Rejects when there is no connection. */
  async #ready(): Promise<Driver> {
    if (this.#driver !== undefined) return this.#driver;
    if (this.#connecting !== undefined) return this.#connecting.driver;
    throw new Error('The connection was closed.');
  }

  /** Rejects when the request fails, and when there is no reply in time. */
  async #ask(key: string): Promise<Uint8Array | null | typeof NOT_MADE> {
    const { timeoutMs } = this.#options;
    const begun = performance.now();
    // A get finds earlier writes. The time that it waits behind our own writes is not the server's fault.
    const before = this.#order.before([key]);
    this.#gets++;
    try {
      if (before !== undefined && !(await isInTime(before, timeoutMs))) return NOT_MADE;
    } finally {
      this.#gets--;
    }
    if (this.#skips) return NOT_MADE;
    const { large } = this.#window;
    const leftMs = Math.max(1, timeoutMs - (performance.now() - begun));
    return this.#breaker.run(async () => {
      try {
        return await withDeadline(this.#request(key), leftMs);
      } catch (error) {
        const blocking = this.#window.large ?? large;
        if (!(error instanceof DeadlineError) || blocking === undefined) throw error;
        this.#blocking = blocking;
        throw new RefusedError(error.message, { cause: error });
      }
    });
  }

  /** The request counts until there is a reply, so that a server that hangs holds up a bounded number. */
  async #request(key: string): Promise<Uint8Array | null> {
    this.#gets++;
    try {
      const driver = await this.#ready();
      return await driver.get(this.#options.keyPrefix + key);
    } catch (error) {
      // Any other error reply, such as LOADING, concerns all gets.
      if (!isReply(error) || !error.message.startsWith('WRONGTYPE ')) throw error;
      throw new RefusedError(error.message, { cause: error });
    } finally {
      this.#gets--;
    }
  }

  /** Tests whether the server is back, when no other request does. */
  async #probe(): Promise<void> {
    if (this.#driver === undefined || this.#skips) return;
    try {
      await this.#breaker.run(() =>
        withDeadline(this.#request(PROBED_KEY), this.#options.timeoutMs, { unref: true }),
      );
    } catch {
      this.#countError();
    }
  }

  #received(key: string, bytes: Uint8Array | null | typeof NOT_MADE): Uint8Array | undefined {
    if (bytes === NOT_MADE) {
      this.#counts.skipped++;
      return undefined;
    }
    // The key may have been deleted since it was requested.
    if (bytes === null || this.#deletions.isOwed(key)) {
      this.#counts.misses++;
      return undefined;
    }
    this.#counts.hits++;
    return bytes;
  }

  async #write(key: string, bytes: Buffer, ttlMs: number, size: number): Promise<void> {
    const place = this.#order.enter([key]);
    this.#queuedBytes += size;
    const passage = await this.#passageOf(place, size);
    // The write stays counted when it is given up: until there is a reply, the client may still send it.
    const end = (wasAnswered: boolean) => {
      this.#queuedBytes -= size;
      if (passage !== undefined) this.#window.leave(passage, wasAnswered);
      place.leave();
    };
    try {
      const send = () =>
        withDeadline(this.#send(key, bytes, ttlMs, end), this.#options.retryAfterMs);
      const isToSend = passage?.admittedAt !== undefined && !this.#skips;
      const written = isToSend ? await this.#breaker.run(send) : NOT_MADE;
      if (written !== NOT_MADE) {
        this.#counts.writes++;
        return;
      }
      this.#counts.skipped++;
      this.#deletions.addUnwritten(key);
      end(false);
    } catch {
      if (passage !== undefined) this.#window.giveUp(passage);
      this.#deletions.addUnwritten(key);
      this.#countError();
    }
    this.#counts.dropped++;
  }

  /** Resolves when the write has its turn and room, but no later than after `retryAfterMs`. */
  async #passageOf({ turn }: Place, size: number): Promise<Passage | undefined> {
    const { retryAfterMs } = this.#options;
    const begun = performance.now();
    if (turn !== undefined && !(await isInTime(turn, retryAfterMs))) return undefined;
    const passage = this.#window.enter(size);
    const leftMs = Math.max(1, retryAfterMs - (performance.now() - begun));
    if (passage.room !== undefined) await isInTime(passage.room, leftMs);
    return passage;
  }

  async #send(
    key: string,
    bytes: Buffer,
    ttlMs: number,
    end: (wasAnswered: boolean) => void,
  ): Promise<void> {
    let wasAnswered = true;
    try {
      const driver = await this.#ready();
      await driver.set(this.#options.keyPrefix + key, bytes, ttlMs);
    } catch (error) {
      // This comes before the place is left, so that no get finds what the write would have replaced.
      this.#deletions.addUnwritten(key);
      // A server that is full or read-only still answers gets.
      if (isReply(error)) throw new RefusedError(error.message, { cause: error });
      wasAnswered = false;
      this.#deletions.markUncertain(key);
      throw error;
    } finally {
      end(wasAnswered);
    }
  }

  #queue(work: Promise<void>): void {
    const queued = work.finally(() => this.#queued.delete(queued));
    this.#queued.add(queued);
  }

  #up(driver: Driver): void {
    if (this.#closed) return;
    this.#driver = driver;
    const connecting = this.#endFirstAttempt();
    if (connecting !== undefined) {
      connecting.succeeded(driver);
      // The failures were those of a slow first connection, and do not concern later requests.
      this.#breaker.close();
    }
    void this.#invalidations?.requestsUp(driver);
    // A server that did not answer has to answer a request first.
    if (this.#breaker.isClosed) this.#recover();
  }

  #down(error: Error): void {
    if (this.#closed) return;
    this.#driver = undefined;
    this.#endFirstAttempt()?.failed(error);
    this.#countError();
    this.#fail(error);
  }

  #endFirstAttempt(): FirstAttempt | undefined {
    const connecting = this.#connecting;
    this.#connecting = undefined;
    return connecting;
  }

  #fail(cause: Error): void {
    if (this.#failed) return;
    this.#failed = true;
    const error = cause instanceof NoClientError ? cause : unusable(cause);
    this.#tell((events) => events.onFailure(error));
  }

  #recover(): void {
    if (this.#driver === undefined) return;
    if (this.#failed) {
      this.#failed = false;
      this.#tell((events) => events.onRecovery());
    }
    this.#deletions.connected();
    this.#deletions.carryOutLate();
  }

  #tell(tell: (events: RemoteTierEvents) => void): void {
    if (this.#closed || this.#events === undefined) return;
    try {
      tell(this.#events);
    } catch {
      // A listener that fails must not take the tier down.
    }
  }

  #countError(): void {
    if (!this.#closed) this.#counts.errors++;
  }
}
