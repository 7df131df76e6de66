// The arguments and results of the addon's functions on entries.

import { EbbcacheError } from '../errors/errors.js';

/** The outcomes that the functions on entries return in place of their results. */
export const Outcome = {
  miss: -1,
  badKey: -2,
  closed: -3,
  badArguments: -4,
  /** The path has no state, and the reason is in the state buffer. */
  noState: -5,
  /** The value has the fingerprint in the known buffer; nothing was copied. */
  unchanged: -6,
  /** The same, of a value on disk that is not in memory. */
  unchangedOnDisk: -7,
  /**
   * The base of the outcomes of get, getOfState and lookUpFile for a value on disk that is not in memory: the
   * outcome is this less the number of bytes of the value, even where the read buffer is too small for it.
   * See bytesIn.
   */
  fromDisk: -16,
} as const;

/** The number of bytes of a value that was found; any other outcome is returned unchanged. */
export function bytesIn(outcome: number): number {
  return outcome <= Outcome.fromDisk ? Outcome.fromDisk - outcome : outcome;
}

/** Returns the number of bytes of the value, copied to the read buffer if that is large enough, or a miss. */
export type NativeRead = (id: number, key: string) => number;

/** Stands for the length of a missing value, in what getMany copies and setMany reads. */
export const NO_VALUE = 0xffffffff;

/** The maximum number of keys of one call of getMany or setMany; those beyond are left out. */
export const MAX_KEYS = 64;

/** The error for an outcome that none of the arguments explains. */
export function outcomeError(outcome: number): EbbcacheError {
  return new EbbcacheError(
    'ERR_EBBCACHE_ADDON',
    `The native addon gave ${outcome}, as one of another version may. Install the package anew.`,
  );
}
