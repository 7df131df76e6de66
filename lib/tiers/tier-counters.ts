/** The counters that a cache keeps for its tiers. */
export class TierCounters {
  memoryHits = 0;
  diskHits = 0;
  remoteHits = 0;
  misses = 0;
  cacheWrites = 0;
  cacheInvalidations = 0;
  /** Failures of the memory tier and of records; the other tiers count their own. */
  errors = 0;
}
