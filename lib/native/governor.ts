// What the addon's functions on the governor take and return.

import type { NativeSamplerOptions } from './sampler.js';

/** What is undefined has its default. GovernorOptions in lib/memory says what each of them is. */
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
  /** 0 for unknown. */
  level: number;
  looks: number;
  failedReads: number;
  lastFailure?: string;
  stalls: number;
  reductions: number;
}
