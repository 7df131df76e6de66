// The shapes of the clients that a caller may give. They are no imported types, because neither library need
// be installed.

/** The members that identify a `Redis` or `Cluster` of ioredis. */
export interface IoredisClient {
  /** The state of the connection. */
  readonly status: string;
  /** The value of a key as bytes. */
  getBuffer(key: string): Promise<Buffer | null>;
}

/** The members that identify a client or cluster of node-redis, the package `redis`. */
export interface NodeRedisClient {
  /** Whether connect was called. */
  readonly isOpen: boolean;
  /** Whether commands may be sent. */
  readonly isReady: boolean;
  /** Closes the connection at once. */
  destroy(): void;
}
