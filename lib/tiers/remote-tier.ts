// What a cache needs of a tier that other processes and machines share.

/** What a remote tier tells its cache. What these throw is ignored. */
export interface RemoteTierEvents {
  /** What failed; at most one call for each time the tier becomes unusable, not one for each request. */
  onFailure(error: Error): void;
  /** It is usable again. This process did not hear what other processes removed meanwhile. */
  onRecovery(): void;
  /** Another process has removed these keys, or all of them where that is undefined. */
  onInvalidate(keys: readonly string[] | undefined): void;
}

/** Counters since the tier was made. */
export interface RemoteTierStats {
  /** Whether there is a connection to the remote. */
  connected: boolean;
  /** Gets that found a value. */
  hits: number;
  /** Keys the remote has not, or that are being deleted. Not the requests that failed or were skipped. */
  misses: number;
  /** Values that the remote has confirmed. */
  writes: number;
  /** Requests that failed or timed out, connections that failed, and messages that make no sense. */
  errors: number;
  /** Gets and sets that were not sent: the tier is unusable, or too many gets are on their way. */
  skipped: number;
  /** Values that were not sent, for whatever reason: the queue full, the value too large, or skipped. */
  dropped: number;
}

/**
 * A store of bytes by key that may be slow, absent or wrong at any time. It should never throw: what it throws,
 * and replies of another kind than these, are misses and errors that the cache counts.
 */
export interface RemoteTier {
  /**
   * Begins to connect, never waits for it. Called once, by the cache.
   *
   * @throws EbbcacheError (code 'ERR_EBBCACHE_REMOTE') when another cache has this tier already.
   */
  start(events: RemoteTierEvents): void;
  /**
   * Never rejects: undefined for a miss, an error, a timeout, or while the tier is skipped. The bytes
   * are whatever is there: anyone who can write to the remote may have written them.
   */
  get(key: string): Promise<Uint8Array | undefined>;
  /**
   * Hands a copy of the bytes to be written, bounded; false when dropped. Never throws. Where the bytes do
   * not get there, now or later, the tier owes the deletion of the key: what it had before them is not
   * found again. Others are not told of that.
   *
   * @param ttlMs Time to live in ms, above 0; rounded up.
   */
  set(key: string, bytes: Uint8Array, ttlMs: number): boolean;
  /**
   * Deletes and tells the other processes; when the remote is away, as soon as it is back, which the tier
   * finds out by itself. Until it is done, this tier does not have the keys.
   */
  delete(keys: readonly string[]): void;
  /** Deletes everything of this tier, and nothing else that the remote has, as delete() does. */
  clear(): void;
  /** Counters since the tier was made. */
  stats(): RemoteTierStats;
  /** Resolves when what is queued has been written or given up. */
  flush(): Promise<void>;
  /** Closes at once: what is queued is given up. Does nothing when called again. */
  close(): void;
}
