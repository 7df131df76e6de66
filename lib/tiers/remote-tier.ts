// What a cache needs from a tier that other processes and machines share.

/** The events of a remote tier for its cache. Exceptions of these functions are ignored. */
export interface RemoteTierEvents {
  /**
   * Reports a failure. The tier MUST call it at most once for each time it becomes unusable, not for each
   * request.
   */
  onFailure(error: Error): void;
  /**
   * Reports that the tier is usable again. This process was not notified of what others removed meanwhile.
   */
  onRecovery(): void;
  /** Reports that another process has removed these keys, or all keys where `keys` is undefined. */
  onInvalidate(keys: readonly string[] | undefined): void;
}

/** Counters since the tier was made. */
export interface RemoteTierStats {
  /** Whether there is a connection to the remote. */
  connected: boolean;
  /** Gets that found a value. */
  hits: number;
  /**
   * Gets of keys that the remote does not have, or that are being deleted; failed and skipped requests do not
   * count.
   */
  misses: number;
  /** Values that the remote has confirmed. */
  writes: number;
  /** Requests that failed or timed out, connections that failed, and malformed messages. */
  errors: number;
  /** Gets and sets that were not sent, because the tier is unusable or too many gets are in flight. */
  skipped: number;
  /** Values that were not sent, because the queue was full, the value too large, or the set was skipped. */
  dropped: number;
}

/**
 * A store of bytes by key that may be slow, absent or wrong at any time. It should never throw: what it
 * throws, and replies of another kind than these, are misses and errors that the cache counts.
 */
export interface RemoteTier {
  /**
   * Begins to connect, without waiting for it. The cache calls it once.
   *
   * @throws EbbcacheError (code 'ERR_EBBCACHE_REMOTE') when another cache has this tier already.
   */
  start(events: RemoteTierEvents): void;
  /**
   * Resolves with the bytes, or with undefined for a miss, an error, a timeout, or while the tier is skipped.
   * The tier MUST NOT reject. The cache must not trust the bytes: any writer of the remote may have written
   * them.
   */
  get(key: string): Promise<Uint8Array | undefined>;
  /**
   * Queues a copy of the bytes to be written, within a bound; returns false when it is dropped. The tier MUST
   * NOT throw. Where the bytes are not written, now or later, the tier MUST delete the key, so that its
   * previous value is not found again. Other processes are not notified of that.
   *
   * @param ttlMs Time to live in ms, above 0; rounded up.
   */
  set(key: string, bytes: Uint8Array, ttlMs: number): boolean;
  /**
   * Deletes the keys and notifies the other processes. When the remote is unreachable, the tier MUST do this
   * as soon as the remote is back, which it detects by itself. Until it is done, this tier does not return
   * the keys.
   */
  delete(keys: readonly string[]): void;
  /** Deletes everything of this tier, and nothing else that the remote has, as delete() does. */
  clear(): void;
  /** Counters since the tier was made. */
  stats(): RemoteTierStats;
  /** Resolves when what is queued has been written or given up. */
  flush(): Promise<void>;
  /** Closes at once: what is queued is given up. It does nothing when called again. */
  close(): void;
}
