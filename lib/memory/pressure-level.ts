import { show } from '../checks/arguments.js';
import { argumentRangeError, argumentTypeError } from '../errors/errors.js';

/**
 * The level of memory pressure. Levels are ordered: compare them with `<` and `>`.
 *
 * A level begins at its threshold (defaults: 75, 85, 95 % of the effective limit used) and ends 3 points
 * below it, so that usage that swings around a threshold does not flap.
 */
export const PressureLevel = { NORMAL: 1, ELEVATED: 2, HIGH: 3, CRITICAL: 4 } as const;
export type PressureLevel = (typeof PressureLevel)[keyof typeof PressureLevel];

/** The names of the levels. */
export type PressureLevelName = keyof typeof PressureLevel;

const names = ['NORMAL', 'ELEVATED', 'HIGH', 'CRITICAL'] as const;

/**
 * The name of a level, e.g. 'HIGH' for 3.
 *
 * @throws TypeError or RangeError with the code 'ERR_EBBCACHE_ARGUMENT'.
 */
export function pressureLevelName(level: PressureLevel): PressureLevelName {
  return names[checkLevel(level) - 1]!;
}

/** Throws a TypeError or RangeError with the code 'ERR_EBBCACHE_ARGUMENT' for what is not a level. */
export function checkLevel(level: unknown): PressureLevel {
  if (isPressureLevel(level)) return level;
  if (typeof level === 'number') {
    throw argumentRangeError(`${level} is not a pressure level: use one of PressureLevel.`);
  }
  throw argumentTypeError(`A pressure level must be one of PressureLevel; it is ${show(level)}.`);
}

export function isPressureLevel(value: unknown): value is PressureLevel {
  return typeof value === 'number' && names[value - 1] !== undefined;
}
