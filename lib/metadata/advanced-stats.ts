import type { ArenaStats } from '../arena/arena-stats.js';
import { type MemoryBound, nearerBound } from '../tiers/memory-bound.js';
import type { TierCounters } from '../tiers/tier-counters.js';

/** Counters since the cache was made, and what the cache holds now. */
export interface AdvancedCacheStats {
  /** Reads that found a record, in whatever tier. */
  hits: number;
  /** Reads that found none. */
  misses: number;
  /** Hits and misses. */
  totalRequests: number;
  /** 0 to 100; 0 before the first request. */
  hitRatePercent: number;
  /** Hits in the memory tier. */
  memoryHits: number;
  /** Hits in the disk tier. */
  diskHits: number;
  /** Hits in the remote tier. */
  remoteHits: number;
  /** Entries that were evicted from the memory tier, by all caches that share it. */
  evictions: number;
  /** Those of `evictions` that `maxMemoryEntries` caused. */
  evictionsByEntries: number;
  /** Records that at least one tier stored. */
  cacheWrites: number;
  /** Records that invalidateFile and invalidateFolder removed. */
  cacheInvalidations: number;
  /** Reads and writes of a tier that failed, each of which was a miss or had no effect. */
  tierErrors: number;
  /** Entries in memory. */
  memoryCacheSize: number;
  /** All memory held from the OS. */
  memoryBytes: number;
  /** Key and value bytes of the entries in memory. */
  memoryPayloadBytes: number;
  /** The current budget of the memory tier; it is less than maxMemoryMb under memory pressure. */
  memoryBudgetBytes: number;
  /** Which bound of the memory tier is nearer, or reached: `maxMemoryEntries`, or its budget in bytes. */
  memoryBound: MemoryBound;
  /** Decoded records at hand. They are this cache's own, and outside its budget. */
  hotValues: number;
  /** An estimate of the JavaScript heap that they take, bytes. */
  hotValueBytes: number;
  /** Entries on disk, of all caches that share the folder. */
  diskEntries: number;
  /** The size of the disk tier's file. */
  diskBytes: number;
  /** Entries that this cache evicted from the disk. */
  diskEvictions: number;
  /** Records that were not written to the disk, because too many waited or the disk failed. */
  diskDrops: number;
}

/** What the statistics are computed from. */
export interface CountedTiers {
  counters: TierCounters;
  /** Reads and writes of a tier that failed. */
  errors: number;
  local: { stats(): ArenaStats };
}

/** The statistics of a cache of metadata, computed from those of its tiers. */
export function advancedStats(tiers: CountedTiers): AdvancedCacheStats {
  const { counters } = tiers;
  const memory = tiers.local.stats();
  const { disk } = memory;
  return {
    ...lookUpStats(counters),
    evictions: memory.evictions,
    evictionsByEntries: memory.evictionsByEntries,
    cacheWrites: counters.cacheWrites,
    cacheInvalidations: counters.cacheInvalidations,
    tierErrors: tiers.errors,
    memoryCacheSize: memory.entries,
    memoryBytes: memory.heldBytes,
    memoryPayloadBytes: memory.payloadBytes,
    memoryBudgetBytes: memory.budgetBytes,
    memoryBound: nearerBound(memory),
    hotValues: memory.hotValues,
    hotValueBytes: memory.hotValueBytes,
    diskEntries: disk?.entries ?? 0,
    diskBytes: disk?.bytes ?? 0,
    diskEvictions: disk?.evictions ?? 0,
    diskDrops: disk?.drops ?? 0,
  };
}

/** Computes the statistics of reads from their counters. */
export function lookUpStats(counted: {
  /** Hits in the memory tier. */
  memoryHits: number;
  /** Hits in the disk tier. */
  diskHits: number;
  /** Hits in the remote tier. */
  remoteHits: number;
  misses: number;
}) {
  const { memoryHits, diskHits, remoteHits, misses } = counted;
  const hits = memoryHits + diskHits + remoteHits;
  const totalRequests = hits + misses;
  const hitRatePercent = percentOf(hits, totalRequests);
  return { hits, misses, totalRequests, hitRatePercent, memoryHits, diskHits, remoteHits };
}

export function percentOf(part: number, whole: number): number {
  return whole === 0 ? 0 : (100 * part) / whole;
}
