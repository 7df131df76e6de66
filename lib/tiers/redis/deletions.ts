import { withDeadline } from './deadline.js';
import type { Driver } from './driver.js';
import type { KeyOrder } from './key-order.js';
import type { ResolvedRedisTierOptions } from './options.js';
import { OwedDeletions } from './owed-deletions.js';
import { sweep } from './sweep.js';

/** Keys deleted at once. */
const DELETE_BATCH = 1000;

/** What deletions need of their tier. */
export interface DeletionsOfTier {
  /** Whether one would be sent now, or as soon as it is connected for the first time. */
  isInUse(): boolean;
  /** Rejects when there is no connection. */
  ready(): Promise<Driver>;
  /** Tells the other processes what was deleted; all if undefined. */
  publish(driver: Driver, keys: string[] | undefined): Promise<void>;
  failed(): void;
  /** Is waited for by a flush. */
  queue(work: Promise<void>): void;
}

/** Deletes in the order of calls; later what cannot be deleted now, and once more what is in doubt. */
export class Deletions {
  readonly #options: ResolvedRedisTierOptions;
  readonly #order: KeyOrder;
  readonly #tier: DeletionsOfTier;
  readonly #owed = new OwedDeletions();
  #retryTimer: NodeJS.Timeout | undefined;
  #doubtTimer: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(options: ResolvedRedisTierOptions, order: KeyOrder, tier: DeletionsOfTier) {
    this.#options = options;
    this.#order = order;
    this.#tier = tier;
  }

  /** Whether the key has been deleted and may still be there. */
  isOwed(key: string): boolean {
    return this.#owed.has(key);
  }

  /** All if undefined. */
  add(keys: string[] | undefined): void {
    this.#owed.add(keys);
    this.#carryOut(keys);
  }

  /** What was put off, if that is possible now. */
  carryOutLate(): void {
    if (this.#owed.hasLate && this.#tier.isInUse()) this.#carryOut(this.#owed.takeLate());
  }

  /** A write of the key was lost with its connection. */
  doubt(key: string): void {
    this.#owed.doubt(key);
    this.connected();
  }

  /**
   * A server that answers by a new connection soon reads what it has received by the one before; after
   * `retryAfterMs` nothing is left there.
   */
  connected(): void {
    clearTimeout(this.#doubtTimer);
    if (this.#closed || !this.#owed.hasDoubts) return;
    this.#doubtTimer = setTimeout(() => {
      // Otherwise it counts from the next connection.
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

  #carryOut(keys: string[] | undefined): void {
    if (this.#tier.isInUse()) this.#tier.queue(this.#delete(keys));
    else this.#owed.putOff(keys);
  }

  async #delete(keys: string[] | undefined): Promise<void> {
    const { latest } = this.#owed;
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
      this.#owed.putOff(keys);
      this.#retryLater();
      return;
    } finally {
      place.leave();
    }
    this.#owed.settle(keys, latest);
    try {
      await this.#inTime(this.#tier.publish(driver, keys));
    } catch {
      this.#tier.failed();
    }
  }

  async #unlink(driver: Driver, keys: string[]): Promise<void> {
    for (let i = 0; i < keys.length; i += DELETE_BATCH) {
      const batch = keys.slice(i, i + DELETE_BATCH);
      const unlinked = batch.map((key) => driver.unlink(this.#options.keyPrefix + key));
      await this.#inTime(Promise.all(unlinked));
    }
  }

  #retryLater(): void {
    if (this.#closed) return;
    clearTimeout(this.#retryTimer);
    this.#retryTimer = setTimeout(() => this.carryOutLate(), this.#options.retryAfterMs);
    this.#retryTimer.unref();
  }

  /** What is deleted may take longer than a get, as nobody waits for it. */
  #inTime<T>(step: Promise<T>): Promise<T> {
    return withDeadline(step, this.#options.retryAfterMs);
  }
}
