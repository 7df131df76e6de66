// A flight as one thread has it: one result for all who wait here.

import { untilAborted } from './abort-wait.js';
import type { FlightWaiter } from './flight-waiter.js';
import { beginWait, beginWork, currentWork, endWork, runAs, type WorkNode } from './work-graph.js';

/**
 * The work of a flight. Its signal aborts when nobody waits any longer; `isCurrent` is false once a
 * later version has been asked for or the key was removed: then the result is for those who wait,
 * and not to be kept.
 */
export type FlightWork<T> = (signal: AbortSignal, isCurrent: () => boolean) => Promise<T>;

/** What a flight is of. */
export interface FlightName {
  key: string;
  version: string;
  /** It names all flights of the process that are the same; undefined for a flight that only this thread has. */
  inProcess: string | undefined;
}

export class Flight<T> {
  readonly version: string;
  readonly #node: WorkNode;
  readonly #waiter: FlightWaiter<T> | undefined;
  readonly #onOver: () => void;
  readonly #controller = new AbortController();
  readonly #result: Promise<T>;
  #resolve: (value: T) => void = () => {};
  #reject: (reason: unknown) => void = () => {};
  #waiting = 0;
  #over = false;

  /**
   * `takeWaiter` gives its waiter in a flight of the process, if it is to have one; the function that it
   * is called with is for when nobody else waits any longer. `onOver` is called once: with a result
   * or without.
   */
  constructor(
    { key, version, inProcess }: FlightName,
    takeWaiter: (onUnawaited: () => void) => FlightWaiter<T> | undefined,
    onOver: () => void,
  ) {
    this.version = version;
    this.#onOver = onOver;
    this.#result = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    const end = () => this.#end();
    // This comes before any who wait hear of it. It also keeps a rejection that nobody waits for any longer from being
    // unhandled.
    this.#result.then(end, end);
    this.#waiter = takeWaiter(() => this.#endUnawaited());
    this.#node = beginWork(key, inProcess);
    this.#node.follows = this.#waiter?.leads === false;
  }

  /** Whether the threads of the process may still join it. */
  isCurrent(): boolean {
    return this.#waiter === undefined || this.#waiter.isCurrent();
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
    this.#waiter?.handOn();
    this.#end();
    this.#reject(reason);
    this.#controller.abort(reason);
  }

  async #fly(
    work: FlightWork<T>,
    isCurrent: () => boolean,
    adoptRejection: (reason: unknown) => void,
  ): Promise<T> {
    const waiter = this.#waiter;
    const { signal } = this.#controller;
    if (waiter?.leads === false) {
      const completed = await waiter.follow();
      if (completed !== undefined && !('reason' in completed)) return completed.value;
      if (completed !== undefined) {
        if (completed.isCurrent) adoptRejection(completed.reason);
        throw completed.reason;
      }
      // It may have been left just when it came to lead.
      signal.throwIfAborted();
      this.#node.follows = false;
    }
    let value: T;
    try {
      value = await runAs(this.#node, () => work(signal, isCurrent));
    } catch (reason) {
      waiter?.completeWithRejection({ reason, isCurrent: isCurrent() && !signal.aborted });
      throw reason;
    }
    waiter?.completeWithValue({ value, isCurrent: isCurrent() });
    return value;
  }

  /** When nobody waits in this thread, nor in another one for the work of this one. */
  #endUnawaited(): void {
    if (this.#waiting > 0 || this.#over || this.#waiter?.leave() === false) return;
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
