import type { MemorySummary } from '../memory/memory-pressure-monitor.js';
import type { PressureCauses } from '../native/pressure-causes.js';
import type { MemoryBound } from '../tiers/memory-bound.js';
import type { AdvancedCacheStats } from './advanced-stats.js';

/** Counters since the cache was made, and what the cache holds now. */
export interface EnhancedCacheStats extends AdvancedCacheStats {
  /** Times that the level of pressure on the memory tier rose, or that one was applied by hand. */
  pressureEvents: number;
  /** Entries that pressure evicted from the memory tier; each of them belongs to an event. */
  pressureEvictions: number;
  /** Which levels the events and evictions came from. */
  pressureCauses: PressureCauses;
  /** Times that pressure lowered the budget of the memory tier or evicted entries from it. */
  adaptiveAdjustments: number;
  /** The monitor's summary; it is left out where the machine cannot be read or no monitor runs. */
  memoryPressure?: MemorySummary;
}

/** The complete state of a cache, for status pages. */
export interface DetailedInfo {
  /** What getStats returns. */
  statistics: EnhancedCacheStats;
  /** The memory tier, in entries and bytes. */
  memoryCache: {
    entries: number;
    /** It is left out where bytes are the only bound. */
    maxEntries?: number;
    bytes: number;
    budgetBytes: number;
    maxBytes: number;
    /** Which bound is nearer, or reached. */
    bound: MemoryBound;
    /** The bytes held, as a percentage of maxBytes. */
    usagePercent: number;
  };
  /** The disk tier, in entries and MiB. */
  diskCache: {
    /** Whether the cache has a disk tier. */
    enabled: boolean;
    /** Whether the disk tier can be used now. */
    available: boolean;
    entries: number;
    sizeMb: number;
    maxSizeMb: number;
    usagePercent: number;
    /** The folder in use: `cacheDir`, or a private folder in it where other users may write to `cacheDir`. */
    path: string;
  };
  /** Whether there is a remote tier, and whether it is connected. */
  remoteCache: { enabled: boolean; connected: boolean };
  /** The options in effect, without those that are objects. */
  configuration: object;
  /** The last ten samples. */
  memoryHistory: {
    /** The time of the sample, in ISO 8601. */
    timestamp: string;
    systemPercent: number;
    availableMb: number;
    /** The name of the level. */
    pressureLevel: string;
  }[];
}
