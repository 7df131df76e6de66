// A flight as one thread has it: one result for all who wait here.

import { untilAborted } from './abort-wait.js';
import type { FlightSeat } from './flight-seat.js';
import { beginWait, beginWork, currentWork, endWork, runAs, type WorkNode } from './work-graph.js';

/**
 * The work of a flight. Its signal aborts when nobody waits any longer; `isCurrent` is false once a
 * later version has been asked for or the key was forgotten: then the result is for those who wait,
 * and not to be kept.
 */
export type FlightWork<T> = (signal: AbortSignal, isCurrent: () => boolean) => Promise<T>;

/** What a flight is of. */
export interface FlightName {
  key: string;
  version: string;
  /** Of all flights of the process that are the same; undefined for one of this thread alone. */
  inProcess: string | undefined;
}

export class Flight<T> {
  readonly version: string;
  readonly #node: WorkNode;
  readonly #seat: FlightSeat<T> | undefined;
  readonly #onOver: () => void;
  readonly #controller = new AbortController();
  readonly #result: Promise<T>;
  #resolve: (value: T) => void = () => {};
  #reject: (reason: unknown) => void = () => {};
  #waiting = 0;
  #over = false;

  /**
   * `takeSeat` gives its seat in a flight of the process, if it is to have one; the function that it
   * is called with is for when nobody else waits any longer. `onOver` is called once: with a result
   * or without.
   */
  constructor(
    { key, version, inProcess }: FlightName,
    takeSeat: (onUnawaited: () => void) => FlightSeat<T> | undefined,
    onOver: () => void,
  ) {
    this.version = version;
    this.#onOver = onOver;
    this.#result = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    const end = () => this.#end();
    // Before any who wait hear of it. It also keeps a rejection that nobody waits for any longer from being
    // unhandled.
    this.#result.then(end, end);
    this.#seat = takeSeat(() => this.#endUnawaited());
    this.#node = beginWork(key, inProcess);
    this.#node.follows = this.#seat?.leads === false;
  }

  /** Whether the threads of the process may still join it. */
  isCurrent(): boolean {
    return this.#seat === undefined || this.#seat.isCurrent();
  }

  /**
   * Once; nothing for a flight that is over, because all who waited for it left. Calls `work` before it
   * returns where this thread is the one to work; `adoptRejection` is called later where it is another,
   * with a rejection that is to be kept here too.
   */
  start(
    work: FlightWork<T>,
    isCurrent: () => boolean,
    adoptRejection: (reason: unknown) => void,
  ): void {
    if (this.#over) return;
    this.#fly(work, isCurrent, adoptRejection).then(this.#resolve, this.#reject);
  }

  /**
   * The result, or a rejection when the signal aborts before. Work that would wait for itself is rejected
   * with a CircularFetchError, unless `isForNobody`: then nothing that calls it waits.
   */
  async wait(signal?: AbortSignal, isForNobody = false): Promise<T> {
    const caller = isForNobody ? undefined : currentWork();
    this.#waiting++;
    let endWait: (() => void) | undefined;
    try {
      if (caller !== undefined) endWait = beginWait(caller, this.#node);
      return await (signal === undefined ? this.#result : untilAborted(this.#result, signal));
    } finally {
      endWait?.();
      this.#waiting--;
      this.#endUnawaited();
    }
  }

  /**
   * Aborts the work with the reason, which those who wait in this thread are rejected with. Where other
   * threads wait for it, one of them runs its own work.
   */
  close(reason: Error): void {
    if (this.#over) return;
    this.#seat?.handOn();
    this.#end();
    this.#reject(reason);
    this.#controller.abort(reason);
  }

  async #fly(
    work: FlightWork<T>,
    isCurrent: () => boolean,
    adoptRejection: (reason: unknown) => void,
  ): Promise<T> {
    const seat = this.#seat;
    const { signal } = this.#controller;
    if (seat?.leads === false) {
      const landed = await seat.follow();
      if (landed !== undefined && !('reason' in landed)) return landed.value;
      if (landed !== undefined) {
        if (landed.isCurrent) adoptRejection(landed.reason);
        throw landed.reason;
      }
      // It may have been left just when it came to lead.
      signal.throwIfAborted();
      this.#node.follows = false;
    }
    let value: T;
    try {
      value = await runAs(this.#node, () => work(signal, isCurrent));
    } catch (reason) {
      seat?.landRejection({ reason, isCurrent: isCurrent() && !signal.aborted });
      throw reason;
    }
    seat?.landValue({ value, isCurrent: isCurrent() });
    return value;
  }

  /** When nobody waits in this thread, nor in another one for the work of this one. */
  #endUnawaited(): void {
    if (this.#waiting > 0 || this.#over || this.#seat?.leave() === false) return;
    this.#end();
    this.#controller.abort();
  }

  #end(): void {
    if (this.#over) return;
    this.#over = true;
    endWork(this.#node);
    this.#onOver();
  }
}
