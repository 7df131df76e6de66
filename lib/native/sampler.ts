// The arguments and results of the addon's `createSampler`.

/** Indexes into the readings; they are the same in native/addon/sampler.h. Bytes and percent. */
export const Reading = {
  processRss: 0,
  processVirtual: 1,
  /** These two belong to the effective limit: the tighter of the machine and the memory cgroup. */
  total: 2,
  available: 3,
  /** The memory used, in percent of `total`. */
  percent: 4,
  /** 1 where the cgroup is the effective limit, 0 where the machine is. */
  groupBound: 5,
  /** PSI averages over 10 s in percent; NaN where the kernel has none. */
  psiSome: 6,
  psiFull: 7,
  /** The stalls of the process's own cgroup. */
  groupPsiSome: 8,
  groupPsiFull: 9,
  /**
   * The size and the used part of the swap, within the bound with the least room for it; NaN where unknown.
   */
  swapTotal: 10,
  swapUsed: 11,
  /** The level, 1 to 4. */
  level: 12,
  /** The number of bytes that must be freed to return to a safe share of `total`; 0 at level 1. */
  evictionTarget: 13,
} as const;

/** One reading of the machine, overwritten by the next. */
export type NativeReadings = Float64Array & Record<(typeof Reading)[keyof typeof Reading], number>;

export function makeReadings(): NativeReadings {
  return new Float64Array(Object.keys(Reading).length) as NativeReadings;
}

/**
 * Overwrites the readings it was made for. Throws an Error with the code 'ERR_EBBCACHE_SAMPLE' when the
 * machine cannot be read.
 */
export type NativeSampler = () => void;

/** Percent of the effective limit used; the options of MemoryPressureMonitor describe each of them. */
export interface Thresholds {
  /** The option normalThreshold: from here on, stalls raise the level by one. */
  normal: number;
  /** The option elevatedThreshold: ELEVATED begins here. */
  elevated: number;
  /** The option highThreshold: HIGH begins here. */
  high: number;
  /** The option criticalThreshold: CRITICAL begins here. */
  critical: number;
}

/** Thresholds that are not valid are a RangeError of createSampler. */
export interface NativeSamplerOptions extends Thresholds {
  /** The root of the files of procfs and of cgroups, on Linux. */
  procRoot?: string | undefined;
  cgroupRoot?: string | undefined;
}
