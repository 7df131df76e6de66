import type { MemorySummary } from '../memory/memory-pressure-monitor.js';

/** Counters since the cache was made, and what it holds now. */
export interface EnhancedCacheStats {
  hits: number;
  misses: number;
  totalRequests: number;
  /** 0 to 100; 0 before the first request. */
  hitRatePercent: number;
  memoryHits: number;
  diskHits: number;
  remoteHits: number;
  evictions: number;
  cacheWrites: number;
  cacheInvalidations: number;
  /** Reads and writes of a tier that failed, and were misses or nothing instead. */
  tierErrors: number;
  /** Entries in memory. */
  memoryCacheSize: number;
  /** All memory held from the OS. */
  memoryBytes: number;
  /** Key and value bytes of the entries in it. */
  memoryPayloadBytes: number;
  memoryBudgetBytes: number;
  diskEntries: number;
  diskBytes: number;
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
    enabled: boolean;
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
