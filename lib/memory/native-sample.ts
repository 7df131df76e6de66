// The shapes of the addon's `Sampler`.

/** One reading of the machine. Sizes in bytes. */
export interface NativeSample {
  processRss: number;
  processVirtual: number;
  /** Of the effective limit: the tighter of the machine and the memory cgroup. */
  total: number;
  available: number;
  /** Used, in percent of `total`. */
  percent: number;
  limitedBy: 'system' | 'cgroup';
  /** PSI averages over 10 s in percent; absent where the kernel has none. */
  psiSome?: number;
  psiFull?: number;
  /** Of the process's own group. */
  groupPsiSome?: number;
  groupPsiFull?: number;
  /** What may be and is swapped, within the bound with the least room for it. */
  swapTotal?: number;
  swapUsed?: number;
  level: 1 | 2 | 3 | 4;
  /** To be freed to be back at a safe share of `total`; 0 at level 1. */
  evictionTarget: number;
}

export interface NativeSampler {
  /** Throws an Error with the code 'ERR_EBBCACHE_SAMPLE' when the machine cannot be read. */
  sample(): NativeSample;
}

/** Thresholds in percent; valid ones, or the constructor throws. */
export interface NativeSamplerOptions {
  procRoot?: string;
  cgroupRoot?: string;
  normal: number;
  elevated: number;
  high: number;
  critical: number;
}

export type NativeSamplerConstructor = new (options: NativeSamplerOptions) => NativeSampler;
