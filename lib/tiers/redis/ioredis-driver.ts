import type { Cluster, Redis } from 'ioredis';
import { type Driver, type Master, SCAN_COUNT } from './driver.js';

export class IoredisDriver implements Driver {
  readonly #client: Redis | Cluster;

  constructor(client: Redis | Cluster) {
    this.#client = client;
  }

  isReady(): boolean {
    return this.#client.status === 'ready';
  }

  watch(ready: () => void, lost: (error: Error) => void): () => void {
    const client = this.#client;
    let latest = new Error('The connection was closed.');
    const onError = (error: Error) => {
      latest = error;
    };
    const onClose = () => lost(latest);
    client.on('error', onError).on('ready', ready).on('close', onClose);
    return () => {
      client.off('error', onError).off('ready', ready).off('close', onClose);
    };
  }

  wake(): void {
    // A failure is also an 'error' or 'close' event.
    if (this.#client.status === 'wait') this.#client.connect().catch(() => {});
  }

  connect(): Promise<void> {
    return this.#client.connect();
  }

  unref(): void {
    const client = this.#client;
    if (isCluster(client)) return;
    const unref = () => client.stream?.unref();
    client.on('connect', unref);
    // The socket exists a tick after connect() is called.
    client.on('connecting', () => setImmediate(unref));
  }

  destroy(): void {
    const client = this.#client;
    // ioredis waits two seconds for the server to close too, by a timer that keeps the process alive, even
    // where the connection has ended or the server hangs.
    if (client.status === 'end') return;
    if (!isCluster(client)) end(client.stream);
    client.disconnect();
  }

  get subscribesItself(): boolean {
    return isCluster(this.#client);
  }

  subscriber(): Driver {
    const client = this.#client;
    const duplicate = isCluster(client)
      ? client.duplicate([], { lazyConnect: true, clusterRetryStrategy: () => null })
      : client.duplicate({ lazyConnect: true, retryStrategy: null, enableOfflineQueue: false });
    const driver = new IoredisDriver(duplicate);
    driver.unref();
    return driver;
  }

  get(key: string): Promise<Buffer | null> {
    return this.#client.getBuffer(key);
  }

  set(key: string, bytes: Buffer, ttlMs: number): Promise<unknown> {
    return this.#client.set(key, bytes, 'PX', ttlMs);
  }

  unlink(key: string): Promise<unknown> {
    return this.#client.unlink(key);
  }

  publish(channel: string, message: string): Promise<unknown> {
    return this.#client.publish(channel, message);
  }

  async subscribe(channel: string, heard: (message: string) => void): Promise<() => void> {
    const client = this.#client;
    const onMessage = (from: string, message: string) => {
      if (from === channel) heard(message);
    };
    client.on('message', onMessage);
    const unsubscribe = () => {
      client.off('message', onMessage);
      // Other listeners may use the same channel by the same client.
      if (client.listenerCount('message') === 0) client.unsubscribe(channel).catch(() => {});
    };
    try {
      await client.subscribe(channel);
      return unsubscribe;
    } catch (error) {
      client.off('message', onMessage);
      throw error;
    }
  }

  async masters(): Promise<Master[]> {
    const client = this.#client;
    const clientPrefix = String(client.options.keyPrefix ?? '');
    const servers = isCluster(client) ? client.nodes('master') : [client];
    return servers.map((server) => masterOf(server, clientPrefix));
  }
}

/**
 * Discards what was sent and is still in flight, where that is possible: the server must not read it after
 * what is sent by the next connection.
 */
function end(stream: Redis['stream'] | undefined): void {
  if (stream === undefined || stream.destroyed) return;
  try {
    if (!stream.connecting && !('encrypted' in stream)) stream.resetAndDestroy();
  } finally {
    stream.destroy();
  }
}

function masterOf(server: Redis, clientPrefix: string): Master {
  // UNLINK adds this prefix to its keys, so the keys must not have it already.
  const put = Buffer.byteLength(String(server.options.keyPrefix ?? ''));
  return {
    clientPrefix,
    async scan(cursor, pattern) {
      const [next, keys] = await server.scanBuffer(cursor, 'MATCH', pattern, 'COUNT', SCAN_COUNT);
      return { cursor: next.toString(), keys };
    },
    unlink: (keys) => Promise.all(keys.map((key) => server.unlink(key.subarray(put)))),
  };
}

function isCluster(client: Redis | Cluster): client is Cluster {
  return client.isCluster;
}
