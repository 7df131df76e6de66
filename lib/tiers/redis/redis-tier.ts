import { EbbcacheError } from '../../errors.js';
import type { RemoteTier, RemoteTierEvents, RemoteTierStats } from '../remote-tier.js';
import { Breaker, NOT_MADE, RefusedError } from './breaker.js';
import { makeClient, NoClientError } from './clients.js';
import { type Connection, GivenConnection, OwnConnection } from './connection.js';
import { withDeadline } from './deadline.js';
import { Deletions } from './deletions.js';
import type { Driver } from './driver.js';
import { Invalidations } from './invalidations.js';
import { KeyOrder } from './key-order.js';
import {
  type RedisTierOptions,
  type ResolvedRedisTierOptions,
  resolveRedisTierOptions,
} from './options.js';

/** Gets whose reply has not come, at most, whether or not someone still waits for it. */
const MAX_GETS = 1024;

/** Larger values are not sent. */
const MAX_VALUE_BYTES = 16 * 1024 * 1024;

/** What a write takes beside its key and value, about: the command, promises, a timer. */
const WRITE_OVERHEAD_BYTES = 256;

/**
 * A remote tier in Redis or Valkey, one server or a cluster. Nothing connects before the cache starts it.
 *
 * A server that is slow, absent or hangs costs a get at most `timeoutMs`. After `failureThreshold` of
 * them in a row the tier is skipped, which costs nothing, until one request tries it again after
 * `retryAfterMs`. Of n gets at once, n + `failureThreshold` - 1 may wait in vain before it is skipped, and
 * no more than 1024 wait: those beyond are skipped. Values above 16 MiB are not sent.
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
  /** Writes and deletions on their way. */
  readonly #queued = new Set<Promise<void>>();
  #queuedBytes = 0;
  /** Gets on their way. */
  #gets = 0;
  #events: RemoteTierEvents | undefined;
  #closed = false;
  /** Undefined while it is not connected. */
  #driver: Driver | undefined;
  /** The first attempt to connect, which requests wait for; undefined once it has come to something. */
  #connecting: FirstAttempt | undefined = firstAttempt();
  #failed = false;

  constructor(options: ResolvedRedisTierOptions) {
    this.#options = options;
    const { source, retryAfterMs } = options;
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
    if (this.#skips || this.#gets >= MAX_GETS) {
      this.#counts.skipped++;
      return undefined;
    }
    try {
      const ask = () => withDeadline(this.#ask(key), this.#options.timeoutMs);
      return this.#received(key, await this.#breaker.run(ask));
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

  /** Or connected. */
  get #isConnecting(): boolean {
    return this.#driver !== undefined || this.#connecting !== undefined;
  }

  /** Rejects when there is no connection. */
  async #ready(): Promise<Driver> {
    if (this.#driver !== undefined) return this.#driver;
    if (this.#connecting !== undefined) return this.#connecting.driver;
    throw new Error('The connection was closed.');
  }

  /** Counts until there is a reply, so that a server that hangs holds up a bounded number. */
  async #ask(key: string): Promise<Uint8Array | null> {
    this.#gets++;
    try {
      // What was set before is found.
      await this.#order.before([key]);
      const driver = await this.#ready();
      return await driver.get(this.#options.keyPrefix + key);
    } catch (error) {
      throw refusedBy(error, /^WRONGTYPE /);
    } finally {
      this.#gets--;
    }
  }

  #received(key: string, bytes: Uint8Array | null | typeof NOT_MADE): Uint8Array | undefined {
    if (bytes === NOT_MADE) {
      this.#counts.skipped++;
      return undefined;
    }
    // It may have been deleted since it was asked for.
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
    // Not when it is given up: until there is a reply, the client holds it, and may yet send it.
    const end = () => {
      this.#queuedBytes -= size;
      place.leave();
    };
    try {
      const isTurn = place.turn === undefined || (await this.#isInTime(place.turn));
      const send = () => this.#inTime(this.#send(key, bytes, ttlMs).finally(end));
      const written = isTurn && !this.#skips ? await this.#breaker.run(send) : NOT_MADE;
      if (written !== NOT_MADE) {
        this.#counts.writes++;
        return;
      }
      end();
      this.#counts.skipped++;
    } catch {
      this.#countError();
    }
    this.#counts.dropped++;
  }

  async #send(key: string, bytes: Buffer, ttlMs: number): Promise<void> {
    const driver = await this.#ready();
    try {
      await driver.set(this.#options.keyPrefix + key, bytes, ttlMs);
    } catch (error) {
      // A server that is full or read-only still answers gets.
      const refused = refusedBy(error, /^[A-Z]{2,} /);
      if (refused === error) this.#deletions.doubt(key);
      throw refused;
    }
  }

  /** What is written may take longer than a get, as nobody waits for it. */
  #inTime<T>(step: Promise<T>): Promise<T> {
    return withDeadline(step, this.#options.retryAfterMs);
  }

  async #isInTime(step: Promise<unknown>): Promise<boolean> {
    try {
      await this.#inTime(step);
      return true;
    } catch {
      return false;
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
      // It was slow to connect, which says nothing of what comes.
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

interface FirstAttempt {
  driver: Promise<Driver>;
  succeeded(driver: Driver): void;
  failed(error: Error): void;
}

function firstAttempt(): FirstAttempt {
  let succeeded!: (driver: Driver) => void;
  let failed!: (error: Error) => void;
  const driver = new Promise<Driver>((resolve, reject) => {
    succeeded = resolve;
    failed = reject;
  });
  // There need be nobody who waits.
  driver.catch(() => {});
  return { driver, succeeded, failed };
}

/** Replies of the server that begin so concern one request alone. */
function refusedBy(error: unknown, pattern: RegExp): unknown {
  if (!(error instanceof Error) || !pattern.test(error.message)) return error;
  return new RefusedError(error.message, { cause: error });
}

function unusable(cause: Error): EbbcacheError {
  return new EbbcacheError(
    'ERR_EBBCACHE_REMOTE',
    `The Redis tier cannot be used and is skipped until it can: ${reasonOf(cause)}`,
    { cause },
  );
}

/** A connection that was tried by several addresses fails with a list, and no message of its own. */
function reasonOf(error: Error): string {
  const first: unknown = error instanceof AggregateError ? error.errors[0] : undefined;
  const { message, name } = first instanceof Error ? first : error;
  return message === '' ? name : message;
}
