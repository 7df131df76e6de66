// One seat in a flight of the process: the first to take one runs the work, the others wait for it.

import { native } from '../native.js';
import { inRootContext } from '../root-context.js';
import {
  decodeResult,
  encodeRejection,
  encodeValue,
  type FlightCodec,
  type Landed,
  type LandedRejection,
  type LandedValue,
} from './flight-result.js';
import { FlightEvent } from './native-flights.js';

export class FlightSeat<T> {
  readonly #ticket: number;
  readonly #codec: FlightCodec<T>;
  readonly #onUnawaited: () => void;
  readonly #landing: Promise<Uint8Array | undefined>;
  #resolveLanding: (result?: Uint8Array) => void = () => {};
  #leads: boolean;

  /** `onUnawaited` is called when this seat leads and the last of all others has left. */
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
    // The addon hears of other threads by a callback that it makes for the first seat of this one.
    const seat = inRootContext(() =>
      native.joinFlight(scope, key, version, (event, result) => this.#told(event, result)),
    );
    this.#ticket = seat.ticket;
    this.#leads = seat.leads;
  }

  get leads(): boolean {
    return this.#leads;
  }

  /** Whether others may still join the flight, in any thread. */
  isCurrent(): boolean {
    return native.isFlightCurrent(this.#ticket);
  }

  /**
   * For a seat that does not lead: what the one that does came to, or undefined once this one leads
   * instead. Keeps the thread alive, unless the seat is left.
   */
  async follow(): Promise<Landed<T> | undefined> {
    const result = await this.#landing;
    return result === undefined ? undefined : decodeResult(result, this.#codec);
  }

  /** False, with nothing changed, for a seat that leads while others wait. */
  leave(): boolean {
    return native.leaveFlight(this.#ticket);
  }

  /** Gives the seat up whoever waits: where this one leads, another thread that waits does next. */
  handOn(): void {
    if (!this.leave()) native.handOnFlight(this.#ticket);
  }

  /** Ends the flight that this seat leads. */
  landValue(landed: LandedValue<T>): void {
    this.#land(() => encodeValue(landed, this.#codec));
  }

  landRejection(landed: LandedRejection): void {
    this.#land(() => encodeRejection(landed));
  }

  /**
   * Nothing is encoded where nobody else waits. Where the result cannot be passed on, because there is
   * no memory for a copy, the next seat leads and works itself: nobody waits in vain, and this thread
   * keeps its result.
   */
  #land(encode: () => Uint8Array): void {
    if (this.leave()) return;
    try {
      native.landFlight(this.#ticket, encode());
    } catch {
      native.handOnFlight(this.#ticket);
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
