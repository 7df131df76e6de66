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

/** How the governor samples memory, shrinks caches and regrows them. What is left out has its default. */
export interface GovernorOptions extends MachineOptions {
  /**
   * Percent of the limit that usage is to be back at, from ELEVATED; above 0, at most where the level ends,
   * which is 3 points below its threshold. Default: 65, or where the level ends if that is less.
   */
  elevatedTarget?: number;
  /** The same, from HIGH, in percent; above 0. Default: 75, or where the level ends if that is less. */
  highTarget?: number;
  /** The same, from CRITICAL, in percent; above 0. Default: 70, or where the level ends if that is less. */
  criticalTarget?: number;
  /**
   * Percent of its maxBytes that a cache may keep at ELEVATED, however little is to be freed, 0 to 100.
   * Default 75. At CRITICAL it keeps its minBytes.
   */
  elevatedShare?: number;
  /** The same at HIGH, in percent, 0 to 100, at most elevatedShare. Default: 50, or elevatedShare if that is less. */
  highShare?: number;
  /** ms between two samples of the machine's memory, 1 to a day. Default 100. */
  intervalMs?: number;
  /**
   * The longest time between two samples, ms, while usage is so far below ELEVATED that nothing could reach it
   * before; intervalMs to a day. Default: 10 times intervalMs.
   */
  longestIntervalMs?: number;
  /** Percent of maxBytes that a budget regrows by at a time; above 0, at most 100. Default 5. */
  regrowStepPercent?: number;
  /** ms from one such step to the next, 1 to a day. Default 1000. */
  regrowIntervalMs?: number;
  /**
   * Whether stalls that the system signals (PSI triggers, systemd's memory pressure protocol) raise
   * the level early. Default true.
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
 * What the addon takes. Throws a TypeError or RangeError with the code 'ERR_EBBCACHE_ARGUMENT'; how
 * options must relate to each other is checked by the addon.
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
