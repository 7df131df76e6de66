// The shapes of the addon's functions on the governor.

/** What is undefined has its default. */
export interface NativeGovernorOptions {
  procRoot?: string;
  cgroupRoot?: string;
  normal: number;
  elevated: number;
  high: number;
  critical: number;
  elevatedTarget?: number;
  highTarget?: number;
  criticalTarget?: number;
  elevatedShare?: number;
  highShare?: number;
  intervalMs?: number;
  longestIntervalMs?: number;
  regrowStepPercent?: number;
  regrowIntervalMs?: number;
  earlyWarnings?: boolean;
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
