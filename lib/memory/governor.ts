// The governor: the native thread that shrinks caches when memory gets tight. One a process.

import { argumentRangeError } from '../errors/errors.js';
import { native } from '../native/addon.js';
import { type GovernorOptions, resolveGovernorOptions } from './governor-options.js';
import { isPressureLevel, type PressureLevel } from './pressure-level.js';

/** What the governor of this process has seen and done since the library was loaded. */
export interface GovernorStatus {
  /** Whether its thread runs: it does while a cache is open in this process. */
  running: boolean;
  /** The level of its last sample; undefined before the first, after one that failed, and when not running. */
  level: PressureLevel | undefined;
  /** Samples of the machine's memory so far. */
  looks: number;
  /** Reads of the machine that failed, for a sample or when a cache was about to grow. */
  failedReads: number;
  /** What was wrong the last time that a sample failed. */
  lastFailure: string | undefined;
  /**
   * Times that tasks waited for memory, as the system signalled, or that the memory cgroup kept reading
   * files again whose page cache had been dropped.
   */
  stalls: number;
  /** Samples after which a budget was lowered. */
  reductions: number;
}

/**
 * Sets how the caches of this process, in all of its threads, shrink under memory pressure; what is
 * left out has its default, whatever was set before. In effect from the next sample on, which comes at
 * once; budgets that pressure has lowered stay so until then. Waits for a sample that is under way, which
 * may be evicting: milliseconds, or tenths of a second where millions of entries go.
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

/** What the governor sees, how often it looked at the machine, and what failed. */
export function getGovernorStatus(): GovernorStatus {
  const { level, lastFailure, ...rest } = native.governorStatus();
  return { ...rest, lastFailure, level: isPressureLevel(level) ? level : undefined };
}
