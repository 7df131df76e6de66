// The arguments and results of the addon's functions on the governor.

import type { NativeSamplerOptions } from './sampler.js';

/** An option that is undefined has its default. GovernorOptions in lib/memory describes each of them. */
export interface NativeGovernorOptions extends NativeSamplerOptions {
  elevatedTarget?: number | undefined;
  highTarget?: number | undefined;
  criticalTarget?: number | undefined;
  elevatedShare?: number | undefined;
  highShare?: number | undefined;
  intervalMs?: number | undefined;
  longestIntervalMs?: number | undefined;
  regrowStepPercent?: number | undefined;
  regrowIntervalMs?: number | undefined;
  earlyWarnings?: boolean | undefined;
}

export interface NativeGovernorStatus {
  running: boolean;
  /** 0 stands for an unknown level. */
  level: number;
  looks: number;
  failedReads: number;
  lastFailure?: string;
  stalls: number;
  reductions: number;
}
