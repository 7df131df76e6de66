// One waiter in a flight of the process: the first one runs the work, and the others wait for it.

import { native } from '../native/addon.js';
import { FlightEvent } from '../native/flights.js';
import { inRootContext } from '../process/root-context.js';
import {
  type Completed,
  type CompletedRejection,
  type CompletedValue,
  decodeResult,
  encodeRejection,
  encodeValue,
  type FlightCodec,
} from './flight-result.js';

export class FlightWaiter<T> {
  readonly #waiterId: number;
  readonly #codec: FlightCodec<T>;
  readonly #onUnawaited: () => void;
  readonly #landing: Promise<Uint8Array | undefined>;
  #resolveLanding: (result?: Uint8Array) => void = () => {};
  #leads: boolean;

  /** `onUnawaited` is called when this waiter leads and the last of all others has left. */
  constructor(
    scope: string,
    key: string,
    version: string,
    codec: FlightCodec<T>,
    onUnawaited: () => void,
  ) {
    this.#codec = codec;
    this.#onUnawaited = onUnawaited;
    this.#landing = new Promise((resolve) => {
      this.#resolveLanding = resolve;
    });
    // The addon notifies this thread by a callback that it makes for the thread's first waiter.
    const waiter = inRootContext(() =>
      native.joinFlight(scope, key, version, (event, result) => this.#told(event, result)),
    );
    this.#waiterId = waiter.id;
    this.#leads = waiter.leads;
  }

  get leads(): boolean {
    return this.#leads;
  }

  /** Whether others may still join the flight, in any thread. */
  isCurrent(): boolean {
    return native.isFlightCurrent(this.#waiterId);
  }

  /**
   * Resolves, for a waiter that does not lead, with the result of the one that leads, or with undefined once
   * this one leads instead. It keeps the thread alive, unless the waiter is left.
   */
  async follow(): Promise<Completed<T> | undefined> {
    const result = await this.#landing;
    return result === undefined ? undefined : decodeResult(result, this.#codec);
  }

  /** Returns false, with nothing changed, for a waiter that leads while others wait. */
  leave(): boolean {
    return native.leaveFlight(this.#waiterId);
  }

  /** Gives the waiter up even if others wait: where this one leads, another thread that waits leads next. */
  handOn(): void {
    if (!this.leave()) native.handOnFlight(this.#waiterId);
  }

  /** Ends the flight that this waiter leads. */
  completeWithValue(completed: CompletedValue<T>): void {
    this.#complete(() => encodeValue(completed, this.#codec));
  }

  completeWithRejection(completed: CompletedRejection): void {
    this.#complete(() => encodeRejection(completed));
  }

  /**
   * Encodes nothing where no other thread waits. Where the result cannot be passed on, because there is no
   * memory for a copy, the next waiter leads and runs the work itself: no thread waits for a result that
   * never comes, and this thread keeps its result.
   */
  #complete(encode: () => Uint8Array): void {
    if (this.leave()) return;
    try {
      native.completeFlight(this.#waiterId, encode());
    } catch {
      native.handOnFlight(this.#waiterId);
    }
  }

  #told(event: number, result: Uint8Array | undefined): void {
    if (event === FlightEvent.unawaited) {
      this.#onUnawaited();
      return;
    }
    this.#leads = event === FlightEvent.leads;
    this.#resolveLanding(result);
  }
}
