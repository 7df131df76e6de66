/** A client of either library, as a tier uses it. What returns a promise rejects when it fails. */
export interface Driver {
  /** Whether a command would be sent at once. */
  isReady(): boolean;
  /** Calls back each time that changes; `lost` with the reason. Returns what ends it. */
  watch(ready: () => void, lost: (error: Error) => void): () => void;
  /** A client of the caller's that connects with its first command does so now. */
  wake(): void;
  /** Resolves when it is ready. A client of ours makes only this attempt. */
  connect(): Promise<void>;
  /** The connection no longer keeps the process alive. */
  unref(): void;
  /** Closes at once; what waits for a reply rejects. */
  destroy(): void;
  /** Whether it can subscribe and go on with requests: a cluster, which follows its nodes. */
  readonly subscribesItself: boolean;
  /** Another client like it to subscribe by: ours, connects once, does not keep the process alive. */
  subscriber(): Driver;

  get(key: string): Promise<Uint8Array | null>;
  set(key: string, bytes: Buffer, ttlMs: number): Promise<unknown>;
  unlink(key: string): Promise<unknown>;
  publish(channel: string, message: string): Promise<unknown>;
  /** Resolves with what unsubscribes. */
  subscribe(channel: string, heard: (message: string) => void): Promise<() => void>;
  /** All that hold keys. */
  masters(): Promise<Master[]>;
}

/** One server, with a cluster around it or without one. */
export interface Master {
  /** The keys of a step, such as the server holds them, and the cursor of the next; '0' at the end. */
  scan(cursor: string, pattern: string): Promise<{ cursor: string; keys: Buffer[] }>;
  /** One at a time, pipelined: keys of one server may be of different slots. */
  unlink(keys: Buffer[]): Promise<unknown>;
  /** What the client puts before each key, beside the prefix of the tier. */
  readonly clientPrefix: string;
}

/** About the number of keys that one step of a SCAN visits. */
export const SCAN_COUNT = '500';
