import { checkNumber, checkOptions, show } from '../checks/arguments.js';
import { optionNames } from '../checks/option-names.js';
import { argumentTypeError } from '../errors/errors.js';
import type { NativeGovernorOptions } from '../native/governor.js';
import {
  MACHINE_NAMES,
  type MachineOptions,
  resolveRoots,
  resolveThresholds,
} from './monitor-options.js';

/**
 * How the governor samples memory, shrinks caches and regrows them. An option that is left out has its
 * default.
 */
export interface GovernorOptions extends MachineOptions {
  /**
   * The target of a shrink from ELEVATED, in percent of the limit used; above 0, at most where the level
   * ends, which is 3 points below its threshold. Default: 65, or where the level ends if that is less.
   */
  elevatedTarget?: number;
  /**
   * The target of a shrink from HIGH, in percent; above 0. Default: 75, or where the level ends if that is
   * less.
   */
  highTarget?: number;
  /**
   * The target of a shrink from CRITICAL, in percent; above 0. Default: 70, or where the level ends if that
   * is less.
   */
  criticalTarget?: number;
  /**
   * The percent of its maxBytes that a cache may keep at ELEVATED, even if little has to be freed, 0 to 100.
   * Default 75. At CRITICAL it keeps its minBytes.
   */
  elevatedShare?: number;
  /**
   * The percent of its maxBytes that a cache may keep at HIGH, 0 to 100, at most elevatedShare. Default: 50,
   * or elevatedShare if that is less.
   */
  highShare?: number;
  /** The time between two samples of the machine's memory, ms, 1 to a day. Default 100. */
  intervalMs?: number;
  /**
   * The longest time between two samples, ms, which applies while usage is too far below ELEVATED to reach it
   * sooner; intervalMs to a day. Default: 10 times intervalMs.
   */
  longestIntervalMs?: number;
  /** The percent of maxBytes by which a budget regrows at each step; above 0, at most 100. Default 5. */
  regrowStepPercent?: number;
  /** The time from one such step to the next, ms, 1 to a day. Default 1000. */
  regrowIntervalMs?: number;
  /**
   * Whether stalls that the system signals (PSI triggers, systemd's memory pressure protocol) raise the level
   * early. Default true.
   */
  earlyWarnings?: boolean;
}

const NAMES = optionNames<GovernorOptions>('configureGovernor', {
  ...MACHINE_NAMES,
  elevatedTarget: true,
  highTarget: true,
  criticalTarget: true,
  elevatedShare: true,
  highShare: true,
  intervalMs: true,
  longestIntervalMs: true,
  regrowStepPercent: true,
  regrowIntervalMs: true,
  earlyWarnings: true,
});

const DAY_MS = 86_400_000;

/**
 * The options as the addon takes them. Throws a TypeError or RangeError with the code
 * 'ERR_EBBCACHE_ARGUMENT'; the addon checks how options must relate to each other.
 */
export function resolveGovernorOptions(given?: GovernorOptions): NativeGovernorOptions {
  const options = checkOptions(given, NAMES);
  const number = (name: keyof GovernorOptions, least: number, most: number, unit = '') => {
    const value: unknown = options[name];
    return value === undefined ? undefined : checkNumber(name, value, least, most, unit);
  };
  const { earlyWarnings } = options;
  if (earlyWarnings !== undefined && typeof earlyWarnings !== 'boolean') {
    throw argumentTypeError(`earlyWarnings must be true or false; it is ${show(earlyWarnings)}.`);
  }
  return {
    ...resolveThresholds(options),
    ...resolveRoots(options),
    elevatedTarget: number('elevatedTarget', 0, 100, '%'),
    highTarget: number('highTarget', 0, 100, '%'),
    criticalTarget: number('criticalTarget', 0, 100, '%'),
    elevatedShare: number('elevatedShare', 0, 100, '%'),
    highShare: number('highShare', 0, 100, '%'),
    intervalMs: number('intervalMs', 1, DAY_MS, 'ms'),
    longestIntervalMs: number('longestIntervalMs', 1, DAY_MS, 'ms'),
    regrowStepPercent: number('regrowStepPercent', 0, 100, '%'),
    regrowIntervalMs: number('regrowIntervalMs', 1, DAY_MS, 'ms'),
    earlyWarnings,
  };
}
