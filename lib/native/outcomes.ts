// What the functions of the addon that work on entries take and return.

import { EbbcacheError } from '../errors/errors.js';

/** What the functions on entries return in place of their results. */
export const Outcome = {
  miss: -1,
  badKey: -2,
  closed: -3,
  badArguments: -4,
  /** The path has no state, and the reason is in the state buffer. */
  noState: -5,
  /**
   * What get, getOfState and lookUpFile found on disk, and not in memory: this less the bytes of the
   * value, also where the read buffer is too small for it. See bytesIn.
   */
  fromDisk: -16,
} as const;

/** The bytes of what was found; as it is, any other outcome. */
export function bytesIn(outcome: number): number {
  return outcome <= Outcome.fromDisk ? Outcome.fromDisk - outcome : outcome;
}

/** Bytes of the value, copied to the read buffer if that is large enough, or a miss. */
export type NativeRead = (id: number, key: string) => number;

/** Stands for the length of a value that is not there, in what getMany copies and setMany reads. */
export const NO_VALUE = 0xffffffff;

/** Keys that one call of getMany or setMany takes; those beyond are left out. */
export const MAX_KEYS = 64;

/** The error for an outcome that nothing which was passed explains. */
export function outcomeError(outcome: number): EbbcacheError {
  return new EbbcacheError(
    'ERR_EBBCACHE_ADDON',
    `The native addon gave ${outcome}, as one of another version may. Install the package anew.`,
  );
}
