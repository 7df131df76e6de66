import type { RemoteTier, RemoteTierEvents, RemoteTierStats } from '../../lib/tiers/remote-tier.js';

/** Holds what several remote tiers share, as a server would. */
export class FakeServer {
  readonly bytes = new Map<string, Buffer>();
  readonly tiers = new Set<FakeRemote>();
}

/** Acts as a remote tier in this process, without delays or failures except those that a test sets. */
export class FakeRemote implements RemoteTier {
  gets = 0;
  closed = false;
  isAway = false;
  /** Each get waits for this. */
  delay: Promise<unknown> = Promise.resolve();
  readonly #server: FakeServer;
  #events: RemoteTierEvents | undefined;
  readonly #stats: RemoteTierStats = {
    connected: true,
    hits: 0,
    misses: 0,
    writes: 0,
    errors: 0,
    skipped: 0,
    dropped: 0,
  };

  constructor(server: FakeServer) {
    this.#server = server;
    server.tiers.add(this);
  }

  get events(): RemoteTierEvents {
    if (this.#events === undefined) throw new Error('The tier was not started.');
    return this.#events;
  }

  start(events: RemoteTierEvents): void {
    this.#events = events;
  }

  async get(key: string): Promise<Uint8Array | undefined> {
    this.gets++;
    const found = this.isAway ? undefined : this.#server.bytes.get(key);
    await this.delay;
    return found;
  }

  set(key: string, bytes: Uint8Array): boolean {
    if (this.isAway) return false;
    this.#server.bytes.set(key, Buffer.from(bytes));
    return true;
  }

  delete(keys: readonly string[]): void {
    for (const key of keys) this.#server.bytes.delete(key);
    for (const each of this.#server.tiers) if (each !== this) each.events.onInvalidate(keys);
  }

  clear(): void {
    this.#server.bytes.clear();
    for (const each of this.#server.tiers) if (each !== this) each.events.onInvalidate(undefined);
  }

  stats(): RemoteTierStats {
    return this.#stats;
  }

  async flush(): Promise<void> {}

  close(): void {
    this.closed = true;
    this.#server.tiers.delete(this);
  }
}
