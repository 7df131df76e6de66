// One call serves all callers that request the same thing at the same time: in this thread, or in all
// threads of the process.
//
//     thread 1                      thread 2
//     run  run  run                 run  run
//       \   |   /                     \   /
//        flight                      flight
//          |                            |
//        waiter, leads -- process -- waiter, follows: gets a copy of the result
//          |
//         work

import { native } from '../native/addon.js';
import { Flight, type FlightWork } from './flight.js';
import type { FlightCodec } from './flight-result.js';
import { FlightWaiter } from './flight-waiter.js';

export type { FlightWork };

export interface SingleFlightOptions<T> extends FlightCodec<T> {
  /**
   * Names the cache: all caches of one scope in the process share their calls. Without a scope, this cache
   * shares them with no other, and nothing is encoded.
   */
  scope?: string | undefined;
  /**
   * It is called once in each thread except the one that worked, with its copy of the rejection, where that
   * is to be kept there. It MUST NOT throw.
   */
  adoptRejection?: ((key: string, version: string, reason: unknown) => void) | undefined;
}

/**
 * Runs `work` once for all concurrent calls with the same key and version. A caller whose signal aborts stops
 * waiting. A rejection goes to all callers that wait. Work that requests its own result, or the result of
 * work that waits for it in this thread, is rejected there with a CircularFetchError.
 *
 * With a scope, this holds for all threads of the process: the first thread runs its work, and if that thread
 * ends before the work is done, the next one runs its own. The callers that wait in one thread share one
 * object, and every other thread has a copy of its own; a copy of an error has what packRejection keeps.
 */
export class SingleFlight<T> {
  readonly #flights = new Map<string, Flight<T>>();
  /** The keys of all flights, including those that cannot be joined any more. */
  readonly #running = new Set<Flight<T>>();
  readonly #options: SingleFlightOptions<T> | undefined;
  readonly #scope: string | undefined;

  constructor(options?: SingleFlightOptions<T>) {
    this.#options = options;
    this.#scope = options?.scope;
  }

  async run(key: string, version: string, work: FlightWork<T>, signal?: AbortSignal): Promise<T> {
    signal?.throwIfAborted();
    return this.#join(key, version, work, signal, false);
  }

  /** Does what `run` does, for a caller that does not wait and on which the work itself may wait. */
  async runAside(key: string, version: string, work: FlightWork<T>): Promise<T> {
    return this.#join(key, version, work, undefined, true);
  }

  /** The keys of the flights in this thread that may be joined. */
  keys(): IterableIterator<string> {
    return this.#flights.keys();
  }

  /** From now on no call joins the flights of the key. */
  forget(key: string): void {
    this.#flights.delete(key);
    if (this.#scope !== undefined) native.forgetFlight(this.#scope, key);
  }

  forgetAll(): void {
    this.#flights.clear();
    if (this.#scope !== undefined) native.forgetFlights(this.#scope);
  }

  /**
   * Aborts the work in this thread with the reason, with which all callers that wait in the thread are
   * rejected. Other threads that wait for it run their own work.
   */
  close(reason: Error): void {
    this.#flights.clear();
    for (const flight of this.#running) flight.close(reason);
  }

  #join(
    key: string,
    version: string,
    work: FlightWork<T>,
    signal: AbortSignal | undefined,
    isAside: boolean,
  ): Promise<T> {
    const joined = this.#flights.get(key);
    if (joined?.version === version && joined.isCurrent()) return joined.wait(signal, isAside);
    const flight = this.#make(key, version);
    // This comes before the work begins, because the work may request something that waits for it.
    const result = flight.wait(signal, isAside);
    this.#start(key, flight, work);
    return result;
  }

  #make(key: string, version: string): Flight<T> {
    const [scope, codec] = [this.#scope, this.#options];
    const takeWaiter = (onUnawaited: () => void) =>
      scope === undefined || codec === undefined
        ? undefined
        : new FlightWaiter(scope, key, version, codec, onUnawaited);
    const inProcess = scope === undefined ? undefined : JSON.stringify([scope, key, version]);
    const flight = new Flight<T>({ key, version, inProcess }, takeWaiter, () => {
      this.#running.delete(flight);
      if (this.#flights.get(key) === flight) this.#flights.delete(key);
    });
    this.#running.add(flight);
    this.#flights.set(key, flight);
    return flight;
  }

  #start(key: string, flight: Flight<T>, work: FlightWork<T>): void {
    const { version } = flight;
    const isMine = () => this.#flights.get(key) === flight;
    const adoptRejection = (reason: unknown) => {
      if (isMine()) this.#options?.adoptRejection?.(key, version, reason);
    };
    flight.start(work, () => isMine() && flight.isCurrent(), adoptRejection);
  }
}
