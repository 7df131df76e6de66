import { isReply } from './breaker.js';
import { withDeadline } from './deadline.js';
import type { Driver } from './driver.js';
import type { KeyOrder } from './key-order.js';
import type { ResolvedRedisTierOptions } from './options.js';
import { PendingDeletes } from './pending-deletes.js';
import { sweep } from './sweep.js';

/** The number of keys that are deleted at once. */
const DELETE_BATCH = 1000;

/** What deletions need from their tier. */
export interface DeletionsOfTier {
  /** Whether a deletion would be sent now, or as soon as the first connection is up. */
  isInUse(): boolean;
  /** Sends the server a request, if one is due, so that the tier is in use again if it answers. */
  probe(): void;
  /** Rejects when there is no connection. */
  ready(): Promise<Driver>;
  /** Notifies the other processes of the deleted keys; of all keys if undefined. */
  publish(driver: Driver, keys: string[] | undefined): Promise<void>;
  failed(): void;
  /** Adds work that a flush waits for. */
  queue(work: Promise<void>): void;
}

/** Deletes in the order of calls. A deletion that fails is deferred, and one that is in doubt is repeated. */
export class Deletions {
  readonly #options: ResolvedRedisTierOptions;
  readonly #order: KeyOrder;
  readonly #tier: DeletionsOfTier;
  readonly #owed = new PendingDeletes();
  /** The timer runs while a deletion is deferred. */
  #retryTimer: NodeJS.Timeout | undefined;
  #doubtTimer: NodeJS.Timeout | undefined;
  /** Whether the deletions that were deferred are running, or will run in this turn of the event loop. */
  #isCarryingOut = false;
  /** Whether more deletions that can run at once were deferred meanwhile. */
  #hasMore = false;
  #closed = false;

  constructor(options: ResolvedRedisTierOptions, order: KeyOrder, tier: DeletionsOfTier) {
    this.#options = options;
    this.#order = order;
    this.#tier = tier;
  }

  /** Whether the key was deleted, or not written, and an older value may still be at the remote. */
  isOwed(key: string): boolean {
    return this.#owed.has(key);
  }

  /** Deletes these keys, or all keys if undefined. */
  add(keys: string[] | undefined): void {
    this.#owed.add(keys);
    if (this.#tier.isInUse()) this.#tier.queue(this.#delete(keys).then(() => {}));
    else this.#defer(keys);
  }

  /**
   * A value of the key was not written, so that the value it would have replaced is deleted. Many of these
   * deletions are carried out together, one batch after the other, so that a burst of them stays small.
   */
  addUnwritten(key: string): void {
    if (this.#closed) return;
    this.#owed.addQuiet(key);
    if (this.#isCarryingOut) {
      this.#hasMore = true;
    } else if (this.#tier.isInUse()) {
      this.#isCarryingOut = true;
      this.#tier.queue(Promise.resolve().then(() => this.#carryOutAll()));
    } else {
      this.#retryLater();
    }
  }

  /** Carries out what was deferred, if that is possible now. */
  carryOutLate(): void {
    if (this.#isCarryingOut || !this.#owed.hasLate || !this.#tier.isInUse()) return;
    this.#isCarryingOut = true;
    this.#tier.queue(this.#carryOutAll());
  }

  /** A write of the key was lost with its connection. */
  markUncertain(key: string): void {
    this.#owed.markUncertain(key);
    this.connected();
  }

  /**
   * Ends the doubts `retryAfterMs` after a new connection. A server that answers by a new connection soon
   * reads what it has received by the previous one; after that time nothing is left there.
   */
  connected(): void {
    clearTimeout(this.#doubtTimer);
    if (this.#closed || !this.#owed.hasDoubts) return;
    this.#doubtTimer = setTimeout(() => {
      // If the tier is not in use, the time counts from the next connection.
      if (!this.#tier.isInUse()) return;
      this.#owed.endDoubts();
      this.carryOutLate();
    }, this.#options.retryAfterMs);
    this.#doubtTimer.unref();
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#retryTimer);
    clearTimeout(this.#doubtTimer);
  }

  async #carryOutAll(): Promise<void> {
    let isDone = true;
    do {
      this.#hasMore = false;
      isDone = await this.#delete(this.#owed.takeLate());
    } while (isDone && this.#hasMore && this.#tier.isInUse());
    this.#isCarryingOut = false;
    if (this.#owed.hasLate) this.#retryLater();
  }

  /** Deletes these keys, or all keys if undefined. Resolves with false when they were deferred. */
  async #delete(keys: string[] | undefined): Promise<boolean> {
    const { latest } = this.#owed;
    const told = this.#owed.toTell(keys);
    const place = this.#order.enter(keys);
    let driver: Driver;
    try {
      if (place.turn !== undefined) await this.#inTime(place.turn);
      driver = await this.#inTime(this.#tier.ready());
      if (keys === undefined) {
        await sweep(driver, this.#options.keyPrefix, (step) => this.#inTime(step));
      } else {
        await this.#unlink(driver, keys);
      }
    } catch {
      this.#tier.failed();
      this.#defer(keys);
      return false;
    } finally {
      place.leave();
    }
    this.#owed.settle(keys, latest);
    return this.#publish(driver, told);
  }

  async #publish(driver: Driver, keys: string[] | undefined): Promise<boolean> {
    if (keys?.length === 0) return true;
    try {
      await this.#inTime(this.#tier.publish(driver, keys));
      return true;
    } catch (error) {
      this.#tier.failed();
      // The server does not allow it, and will not allow a repetition.
      if (isReply(error)) return true;
      this.#owed.add(keys);
      this.#defer(keys);
      return false;
    }
  }

  async #unlink(driver: Driver, keys: string[]): Promise<void> {
    for (let i = 0; i < keys.length; i += DELETE_BATCH) {
      const batch = keys.slice(i, i + DELETE_BATCH);
      const unlinked = batch.map((key) => driver.unlink(this.#options.keyPrefix + key));
      await this.#inTime(Promise.all(unlinked));
    }
  }

  #defer(keys: string[] | undefined): void {
    this.#owed.defer(keys);
    this.#retryLater();
  }

  /** The server may be back without a request that detects it, so one of ours is sent. */
  #retryLater(): void {
    if (this.#closed || this.#retryTimer !== undefined) return;
    this.#retryTimer = setTimeout(() => {
      this.#retryTimer = undefined;
      if (!this.#owed.hasLate) return;
      if (this.#tier.isInUse()) this.carryOutLate();
      else this.#tier.probe();
      this.#retryLater();
    }, this.#options.retryAfterMs);
    this.#retryTimer.unref();
  }

  /** A deletion may take longer than a get, because no caller waits for it. */
  #inTime<T>(step: Promise<T>): Promise<T> {
    return withDeadline(step, this.#options.retryAfterMs);
  }
}
