/** The effects of one cause of memory pressure on a store. */
export interface PressureCount {
  /** Times that the level rose to this one, or that one was applied by hand. */
  events: number;
  /** Entries that were evicted for it. */
  evictions: number;
}

/**
 * The causes of all pressure events and pressure evictions. The level of a store is the higher of the
 * governor's and the one that is held on it.
 */
export interface PressureCauses {
  /** The level ELEVATED. */
  elevated: PressureCount;
  /** The level HIGH. */
  high: PressureCount;
  /** The level CRITICAL. */
  critical: PressureCount;
  /** Levels that were applied by hand, of any height. */
  request: PressureCount;
}
