// What tells the clients that a caller may give: shapes, as either library need not be installed.

/** What tells a `Redis` or `Cluster` of ioredis. */
export interface IoredisClient {
  readonly status: string;
  getBuffer(key: string): Promise<Buffer | null>;
}

/** What tells a client or cluster of node-redis, the package `redis`. */
export interface NodeRedisClient {
  readonly isOpen: boolean;
  readonly isReady: boolean;
  destroy(): void;
}
