import { checkNames, optionNames } from '../checks/option-names.js';
import { argumentRangeError, argumentTypeError } from '../errors/errors.js';
import type { Thresholds } from '../native/sampler.js';

export interface ThresholdOptions {
  /**
   * The percent of the effective limit used from which on tasks that wait for memory raise the level by one,
   * up to HIGH; above 0, at most 100. Default 60. The four thresholds must rise strictly.
   */
  normalThreshold?: number;
  /** The percent used at which ELEVATED begins; above 0, at most 100. Default 75. Lower usage is NORMAL. */
  elevatedThreshold?: number;
  /** The percent used at which HIGH begins; above 0, at most 100. Default 85. */
  highThreshold?: number;
  /** The percent used at which CRITICAL begins; above 0, at most 100. Default 95. */
  criticalThreshold?: number;
}

export interface MemoryRoots {
  /** The root of the files of procfs, read on Linux. Other systems ignore it. Default: /proc. */
  procRoot?: string;
  /** The root of the files of cgroups, read on Linux. Other systems ignore it. Default: /sys/fs/cgroup. */
  cgroupRoot?: string;
}

/** The options that the monitor and the governor have in common. */
export interface MachineOptions extends ThresholdOptions, MemoryRoots {}

/** The options of a MemoryPressureMonitor. */
export interface MonitorOptions extends MachineOptions {
  /** Seconds between two samples, 0.05 to 2147483, the longest that a timer can wait. Default 5. */
  sampleIntervalSeconds?: number;
  /** The number of samples kept, a whole number from 1 to 1000000. Default 12, which is the last minute. */
  historySize?: number;
}

export const MACHINE_NAMES = optionNames<MachineOptions>('the monitor', {
  normalThreshold: true,
  elevatedThreshold: true,
  highThreshold: true,
  criticalThreshold: true,
  procRoot: true,
  cgroupRoot: true,
}).names;

const NAMES = optionNames<MonitorOptions>('MemoryPressureMonitor', {
  ...MACHINE_NAMES,
  sampleIntervalSeconds: true,
  historySize: true,
});

export interface ResolvedMonitorOptions extends MemoryRoots {
  thresholds: Thresholds;
  sampleIntervalSeconds: number;
  historySize: number;
}

type NumberOption =
  | 'normalThreshold'
  | 'elevatedThreshold'
  | 'highThreshold'
  | 'criticalThreshold'
  | 'sampleIntervalSeconds'
  | 'historySize';

// The delay of a timer is a signed 32-bit number of milliseconds; a longer one fires at once.
const maxIntervalSeconds = 2_147_483;
const maxHistorySize = 1_000_000;

/** Fills in the defaults; throws a TypeError or RangeError with the code ERR_EBBCACHE_ARGUMENT. */
export function resolveMonitorOptions(options: MonitorOptions = {}): ResolvedMonitorOptions {
  if (typeof options !== 'object' || options === null || Array.isArray(options)) {
    throw argumentTypeError(`The monitor's options must be an object, not ${kindOf(options)}.`);
  }
  checkNames(options, NAMES);
  return {
    thresholds: resolveThresholds(options),
    sampleIntervalSeconds: intervalOf(options),
    historySize: historySizeOf(options),
    ...resolveRoots(options),
  };
}

export function resolveRoots(options: MemoryRoots): MemoryRoots {
  return { procRoot: rootOf(options, 'procRoot'), cgroupRoot: rootOf(options, 'cgroupRoot') };
}

export function resolveThresholds(options: ThresholdOptions): Thresholds {
  const rising = [
    ['normalThreshold', percentOf(options, 'normalThreshold', 60)],
    ['elevatedThreshold', percentOf(options, 'elevatedThreshold', 75)],
    ['highThreshold', percentOf(options, 'highThreshold', 85)],
    ['criticalThreshold', percentOf(options, 'criticalThreshold', 95)],
  ] as const;
  rising.reduce(([lowerName, lower], [name, value]) => {
    if (value <= lower) {
      throw argumentRangeError(
        `${name} (${value}) must be above ${lowerName} (${lower}): raise the first or lower the second.`,
      );
    }
    return [name, value] as const;
  });
  const [normal, elevated, high, critical] = rising;
  return { normal: normal[1], elevated: elevated[1], high: high[1], critical: critical[1] };
}

function percentOf(options: MonitorOptions, name: NumberOption, fallback: number): number {
  const value = numberOf(options, name, fallback);
  if (!(value > 0 && value <= 100)) {
    throw argumentRangeError(
      `${name} is ${value}, but must be a percentage above 0 and at most 100.`,
    );
  }
  return value;
}

function intervalOf(options: MonitorOptions): number {
  const value = numberOf(options, 'sampleIntervalSeconds', 5);
  if (!(value >= 0.05 && value <= maxIntervalSeconds)) {
    throw argumentRangeError(
      `sampleIntervalSeconds is ${value}, but must be from 0.05 to ${maxIntervalSeconds}.`,
    );
  }
  return value;
}

function historySizeOf(options: MonitorOptions): number {
  const value = numberOf(options, 'historySize', 12);
  if (!Number.isInteger(value) || value < 1 || value > maxHistorySize) {
    throw argumentRangeError(
      `historySize is ${value}, but must be a whole number from 1 to ${maxHistorySize}.`,
    );
  }
  return value;
}

function numberOf(options: MonitorOptions, name: NumberOption, fallback: number): number {
  const value: unknown = options[name];
  if (value === undefined) return fallback;
  if (typeof value !== 'number') {
    throw argumentTypeError(`${name} must be a number, not ${kindOf(value)}.`);
  }
  return value;
}

function rootOf(options: MemoryRoots, name: 'procRoot' | 'cgroupRoot'): string | undefined {
  const value: unknown = options[name];
  if (value === undefined) return undefined;
  if (typeof value !== 'string') {
    throw argumentTypeError(`${name} must be a string, not ${kindOf(value)}.`);
  }
  if (value === '' || value.includes('\0')) {
    throw argumentRangeError(`${name} must be the path of a folder; leave it out for the default.`);
  }
  return value;
}

function kindOf(value: unknown): string {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'an array' : `a value of type ${typeof value}`;
}
