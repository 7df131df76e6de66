// A flight in one thread: one result for all callers that wait in it.

import { untilAborted } from './abort-wait.js';
import type { FlightWaiter } from './flight-waiter.js';
import { beginWait, beginWork, currentWork, endWork, runAs, type WorkNode } from './work-graph.js';

/**
 * The work of a flight. Its signal aborts when no caller waits any longer. `isCurrent` is false once a later
 * version has been requested or the key was removed: then the result is for the waiting callers only, and
 * MUST NOT be kept.
 */
export type FlightWork<T> = (signal: AbortSignal, isCurrent: () => boolean) => Promise<T>;

/** The identity of a flight. */
export interface FlightName {
  key: string;
  version: string;
  /**
   * It names all flights of the process that are the same; undefined for a flight that only this thread has.
   */
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
   * `takeWaiter` returns the waiter of this flight in a flight of the process, if it has one; the function
   * that it gets is called when no other waiter is left. `onOver` is called once, with a result or without.
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
    // This comes before any caller that waits is notified. It also handles a rejection that no caller waits
    // for any longer.
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
   * Starts the flight, once; it does nothing for a flight that is over, because all callers have left it.
   * Where this thread does the work, it calls `work` before it returns. Where another thread does, it later
   * calls `adoptRejection` with a rejection that is to be kept here too.
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
   * Resolves with the result, or rejects when the signal aborts first. Work that would wait for itself is
   * rejected with a CircularFetchError, unless `isForNobody` says that its caller does not wait.
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
   * Aborts the work with the reason, with which all callers that wait in this thread are rejected. Where
   * other threads wait for it, one of them runs its own work.
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
      // The flight may have been left just when it came to lead.
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

  /** Ends the work when no caller waits in this thread, nor in another one for the work of this one. */
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
