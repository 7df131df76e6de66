// What the addon's functions on the governor take and return.

import type { GovernorOptions } from '../memory/governor-options.js';
import type { ThresholdOptions, Thresholds } from '../memory/monitor-options.js';

/** What is undefined has its default. */
export type NativeGovernorOptions = Omit<GovernorOptions, keyof ThresholdOptions> & Thresholds;

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
