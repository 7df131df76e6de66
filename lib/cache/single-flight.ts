// One call for all who want the same thing at the same time.

interface Flight<T> {
  key: string;
  version: string;
  result: Promise<T>;
  controller: AbortController;
  waiting: number;
  settled: boolean;
}

/**
 * The work of a flight. Its signal aborts when nobody waits any longer; `isCurrent` is false once a
 * later version has been asked for or the key was forgotten: then the result is for those who wait,
 * and not to be kept.
 */
export type FlightWork<T> = (signal: AbortSignal, isCurrent: () => boolean) => Promise<T>;

/**
 * Runs `work` once for all concurrent calls with one key and version. A caller whose signal aborts
 * stops waiting. A rejection goes to all who wait.
 */
export class SingleFlight<T> {
  readonly #flights = new Map<string, Flight<T>>();

  async run(key: string, version: string, work: FlightWork<T>, signal?: AbortSignal): Promise<T> {
    signal?.throwIfAborted();
    const joined = this.#flights.get(key);
    const flight = joined?.version === version ? joined : this.#start(key, version, work);
    flight.waiting++;
    try {
      return await (signal === undefined ? flight.result : untilAborted(flight.result, signal));
    } finally {
      if (--flight.waiting === 0 && !flight.settled) {
        this.#end(flight);
        flight.controller.abort();
      }
    }
  }

  /** Nobody joins what is under way for the key any more. */
  forget(key: string): void {
    this.#flights.delete(key);
  }

  forgetAll(): void {
    this.#flights.clear();
  }

  #start(key: string, version: string, work: FlightWork<T>): Flight<T> {
    const controller = new AbortController();
    const flight: Omit<Flight<T>, 'result'> = {
      key,
      version,
      controller,
      waiting: 0,
      settled: false,
    };
    const isCurrent = () => this.#flights.get(key) === flight;
    const result = work(controller.signal, isCurrent);
    const started = Object.assign(flight, { result });
    this.#flights.set(key, started);
    const settle = () => {
      started.settled = true;
      this.#end(started);
    };
    // Also keeps a rejection that nobody waits for any longer from being unhandled.
    result.then(settle, settle);
    return started;
  }

  #end(flight: Flight<T>): void {
    if (this.#flights.get(flight.key) === flight) this.#flights.delete(flight.key);
  }
}

async function untilAborted<T>(result: Promise<T>, signal: AbortSignal): Promise<T> {
  let stopWaiting = () => {};
  const aborted = new Promise<never>((_, reject) => {
    stopWaiting = () => reject(signal.reason);
    signal.addEventListener('abort', stopWaiting, { once: true });
  });
  try {
    return await Promise.race([result, aborted]);
  } finally {
    signal.removeEventListener('abort', stopWaiting);
  }
}
