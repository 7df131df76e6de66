// The governor is the native thread that shrinks caches under memory pressure. A process has one.

import { argumentRangeError } from '../errors/errors.js';
import { native } from '../native/addon.js';
import { type GovernorOptions, resolveGovernorOptions } from './governor-options.js';
import { isPressureLevel, type PressureLevel } from './pressure-level.js';

/** What the governor of this process has measured and done since the library was loaded. */
export interface GovernorStatus {
  /** Whether its thread runs: it does while a cache is open in this process. */
  running: boolean;
  /**
   * The level of its latest sample; undefined before the first one, after one that failed, and when not
   * running.
   */
  level: PressureLevel | undefined;
  /** Samples of the machine's memory so far. */
  looks: number;
  /** Reads of the machine that failed, for a sample or when a cache was about to grow. */
  failedReads: number;
  /** The reason of the most recent failed sample. */
  lastFailure: string | undefined;
  /**
   * Times that tasks waited for memory, as the system signalled, or that the memory cgroup repeatedly read
   * files again whose page cache had been dropped.
   */
  stalls: number;
  /** Samples after which a budget was lowered. */
  reductions: number;
}

/**
 * Sets how the caches of this process, in all of its threads, shrink under memory pressure. An option that is
 * left out has its default, whatever was set before.
 *
 * The options take effect with the next sample, which is taken at once; budgets that pressure has lowered
 * stay lowered until then. The call waits for a sample in progress, which may be evicting: milliseconds, or
 * tenths of a second where millions of entries are evicted.
 *
 * Monitors have thresholds of their own: see MonitorOptions.
 *
 * @throws TypeError or RangeError with the code 'ERR_EBBCACHE_ARGUMENT'; nothing has changed then.
 */
export function configureGovernor(options?: GovernorOptions): void {
  const resolved = resolveGovernorOptions(options);
  try {
    native.configureGovernor(resolved);
  } catch (error) {
    if (error instanceof RangeError) throw argumentRangeError(error.message);
    throw error;
  }
}

/** Returns the level of the governor, how often it sampled the machine, and what failed. */
export function getGovernorStatus(): GovernorStatus {
  const { level, lastFailure, ...rest } = native.governorStatus();
  return { ...rest, lastFailure, level: isPressureLevel(level) ? level : undefined };
}
