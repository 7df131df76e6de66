import type { MemorySummary } from '../memory/memory-pressure-monitor.js';
import type { AdvancedCacheStats } from './advanced-stats.js';

/** Counters since the cache was made, and what it holds now. */
export interface EnhancedCacheStats extends AdvancedCacheStats {
  /** Times the level of memory pressure rose, or one was applied by hand. */
  pressureEvents: number;
  /** Entries that gave way to pressure. */
  pressureEvictions: number;
  /** Times the memory tier gave way, at such a rise or later. */
  adaptiveAdjustments: number;
  memoryPressure?: MemorySummary;
}

/** All there is to know of a cache, for status pages. */
export interface DetailedInfo {
  statistics: EnhancedCacheStats;
  memoryCache: {
    entries: number;
    maxEntries: number;
    bytes: number;
    budgetBytes: number;
    maxBytes: number;
    /** Of maxBytes. */
    usagePercent: number;
  };
  diskCache: {
    /** Whether the cache has the tier at all. */
    enabled: boolean;
    /** Whether it can be used now. */
    available: boolean;
    entries: number;
    sizeMb: number;
    maxSizeMb: number;
    usagePercent: number;
    path: string;
  };
  remoteCache: { enabled: boolean; connected: boolean };
  configuration: object;
  /** The last ten samples. */
  memoryHistory: {
    /** ISO 8601. */
    timestamp: string;
    systemPercent: number;
    availableMb: number;
    /** The name of the level. */
    pressureLevel: string;
  }[];
}
