// The addon's part of flights: those of the process, which all its threads join.

/** The events of a waiter in a flight; see FlightEvent in native/flights/flight_member.h. */
export const FlightEvent = { completed: 0, leads: 1, unawaited: 2 } as const;

/** It is called with the result of a flight where the flight completed. */
export type FlightListener = (event: number, result?: Uint8Array) => void;

export interface NativeFlights {
  /**
   * Makes a waiter in the flight of the key and this version. One that leads runs the work; one that follows
   * keeps the thread alive until it is notified that the flight completed or that it leads now, or until it
   * is left. `told` is called later, never at once.
   */
  joinFlight(
    scope: string,
    key: string,
    version: string,
    told: FlightListener,
  ): { id: number; leads: boolean };
  /** Whether others may still join the flight. */
  isFlightCurrent(waiterId: number): boolean;
  /**
   * Gives up a waiter. Returns false, with nothing changed, for one that leads a flight that others wait for:
   * it is notified when they have all left.
   */
  leaveFlight(waiterId: number): boolean;
  /** Gives up a waiter even if others wait for it: the next waiter leads, if there is one. */
  handOnFlight(waiterId: number): void;
  /**
   * Ends the flight that the waiter leads, and gives all others a copy of the result. Throws, with nothing
   * changed, an Error with the code 'ERR_EBBCACHE_MEMORY' where there is no memory for it.
   */
  completeFlight(waiterId: number, result: Uint8Array): void;
  /** From now on no call joins the flight of the key. */
  forgetFlight(scope: string, key: string): void;
  forgetFlights(scope: string): void;
}
