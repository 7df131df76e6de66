// The connections of a tier: either up, with a driver for requests, or down, with a reason.

import { NoClientError } from '../no-client-error.js';
import { withDeadline } from './deadline.js';
import type { Driver } from './driver.js';

export interface ConnectionEvents {
  /** The work to do before our own connection counts as up; the connection is lost when it rejects. */
  up(driver: Driver): Promise<void> | void;
  /** It is called even where the connection never was up. */
  down(error: Error): void;
}

export interface Connection {
  open(events: ConnectionEvents): void;
  /** The server does not answer. A connection of ours is replaced; one of the caller is not. */
  drop(error: Error): void;
  close(): void;
}

/** A connection of the caller, which is only watched. */
export class GivenConnection implements Connection {
  readonly #driver: Driver;
  #stopWatching = () => {};

  constructor(driver: Driver) {
    this.#driver = driver;
  }

  open(events: ConnectionEvents): void {
    const up = () => void events.up(this.#driver);
    this.#stopWatching = this.#driver.watch(up, (error) => events.down(error));
    if (this.#driver.isReady()) up();
    else this.#driver.wake();
  }

  drop(): void {}

  close(): void {
    this.#stopWatching();
  }
}

/** The first pause between two attempts, ms; it doubles with each attempt that fails. */
const FIRST_PAUSE_MS = 50;

/** The minimum time for an attempt, ms, for TLS and distant servers. */
const MIN_ATTEMPT_MS = 1000;

/**
 * A connection of ours: a new client for each attempt, which has a deadline, and pauses between the attempts.
 * It never keeps the process alive. The libraries' own reconnecting would, and is not used.
 */
export class OwnConnection implements Connection {
  readonly #make: (connectTimeoutMs: number) => Promise<Driver>;
  readonly #longestPauseMs: number;
  readonly #attemptMs: number;
  #events: ConnectionEvents | undefined;
  #driver: Driver | undefined;
  #timer: NodeJS.Timeout | undefined;
  #failures = 0;
  /** The time on the monotonic clock; undefined until the connection is up. */
  #upSince: number | undefined;

  constructor(make: (connectTimeoutMs: number) => Promise<Driver>, longestPauseMs: number) {
    this.#make = make;
    this.#longestPauseMs = longestPauseMs;
    this.#attemptMs = Math.max(longestPauseMs, MIN_ATTEMPT_MS);
  }

  open(events: ConnectionEvents): void {
    this.#events = events;
    void this.#attempt(events);
  }

  drop(error: Error): void {
    if (this.#driver !== undefined) this.#lose(this.#driver, error);
  }

  close(): void {
    this.#events = undefined;
    clearTimeout(this.#timer);
    const driver = this.#driver;
    this.#driver = undefined;
    driver?.destroy();
  }

  async #attempt(events: ConnectionEvents): Promise<void> {
    let driver: Driver;
    try {
      driver = await this.#make(this.#attemptMs);
    } catch (error) {
      this.#retry(errorOf(error));
      return;
    }
    // The listener stays until the driver is destroyed, so that every error has a listener.
    driver.watch(
      () => {},
      (error) => this.#lose(driver, error),
    );
    if (this.#events === undefined) {
      driver.destroy();
      return;
    }
    this.#driver = driver;
    try {
      await this.#inTime(driver.connect());
      if (this.#driver !== driver) return;
      await this.#inTime(Promise.resolve(events.up(driver)));
      if (this.#driver === driver) this.#upSince = performance.now();
    } catch (error) {
      this.#lose(driver, errorOf(error));
    }
  }

  #inTime<T>(step: Promise<T>): Promise<T> {
    return withDeadline(step, this.#attemptMs, { unref: true });
  }

  /** The caller MUST call this once for each driver. */
  #lose(driver: Driver, error: Error): void {
    if (this.#driver !== driver) return;
    this.#driver = undefined;
    // A server that accepts connections and soon ends them is not retried at short intervals indefinitely.
    const upFor = performance.now() - (this.#upSince ?? Number.POSITIVE_INFINITY);
    if (upFor >= this.#longestPauseMs) this.#failures = 0;
    this.#upSince = undefined;
    driver.destroy();
    this.#retry(error);
  }

  #retry(error: Error): void {
    const events = this.#events;
    if (events === undefined) return;
    events.down(error);
    if (error instanceof NoClientError) return;
    const pause = Math.min(FIRST_PAUSE_MS * 2 ** this.#failures++, this.#longestPauseMs);
    this.#timer = setTimeout(() => void this.#attempt(events), pause);
    this.#timer.unref();
  }
}

function errorOf(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown));
}
