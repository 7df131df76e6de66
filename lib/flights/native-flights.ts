// What the addon has of flights: those of the process, which all its threads join.

/** What a seat in a flight is told; FlightEvent in native/flights/flight_member.h. */
export const FlightEvent = { landed: 0, leads: 1, unawaited: 2 } as const;

/** With the result of a flight that landed. */
export type FlightListener = (event: number, result?: Uint8Array) => void;

export interface NativeFlights {
  /**
   * A seat in what is under way for the key and this version. One that leads runs the work; one that
   * follows keeps the thread alive until it is told that the flight landed or that it leads now, or
   * is left. `told` is called later, never at once.
   */
  joinFlight(
    scope: string,
    key: string,
    version: string,
    told: FlightListener,
  ): { ticket: number; leads: boolean };
  /** Whether others may still join the flight. */
  isFlightCurrent(ticket: number): boolean;
  /**
   * Gives up a seat. False, with nothing changed, for one that leads a flight others wait for: it is
   * told when they have all left.
   */
  leaveFlight(ticket: number): boolean;
  /** Gives up a seat whoever waits for it: the next seat leads, if there is one. */
  handOnFlight(ticket: number): void;
  /**
   * Ends the flight that the seat leads, and gives all others a copy of the result. Throws, with
   * nothing changed, an Error with the code 'ERR_EBBCACHE_MEMORY' where there is no memory for it.
   */
  landFlight(ticket: number, result: Uint8Array): void;
  /** Nobody joins what is under way for the key any more. */
  forgetFlight(scope: string, key: string): void;
  forgetFlights(scope: string): void;
}
