/** A client of either library, as a tier uses it. Methods that return a promise reject when they fail. */
export interface Driver {
  /** Whether a command would be sent at once. */
  isReady(): boolean;
  /**
   * Calls a listener each time the state changes, `lost` with the reason. Returns a function that stops it.
   */
  watch(ready: () => void, lost: (error: Error) => void): () => void;
  /** Makes a client of the caller that connects with its first command connect now. */
  wake(): void;
  /** Resolves when the client is ready. A client of ours makes only this attempt. */
  connect(): Promise<void>;
  /** From now on the connection does not keep the process alive. */
  unref(): void;
  /** Closes at once; commands that wait for a reply reject. */
  destroy(): void;
  /** Whether it can subscribe and still send requests: a cluster, which follows its nodes. */
  readonly subscribesItself: boolean;
  /**
   * Makes a similar client for a subscription: it is ours, connects once, and does not keep the process
   * alive.
   */
  subscriber(): Driver;

  get(key: string): Promise<Uint8Array | null>;
  set(key: string, bytes: Buffer, ttlMs: number): Promise<unknown>;
  unlink(key: string): Promise<unknown>;
  publish(channel: string, message: string): Promise<unknown>;
  /** Resolves with a function that unsubscribes. */
  subscribe(channel: string, heard: (message: string) => void): Promise<() => void>;
  /** Resolves with all servers that hold keys. */
  masters(): Promise<Master[]>;
}

/** One server, with a cluster around it or without one. */
export interface Master {
  /** The keys of a step, in the server's form, and the cursor of the next step; '0' at the end. */
  scan(cursor: string, pattern: string): Promise<{ cursor: string; keys: Buffer[] }>;
  /** Sends one command for each key, pipelined, because keys of one server may be of different slots. */
  unlink(keys: Buffer[]): Promise<unknown>;
  /** The prefix that the client puts before each key, in addition to the prefix of the tier. */
  readonly clientPrefix: string;
}

/** The approximate number of keys that one step of a SCAN visits. */
export const SCAN_COUNT = '500';
