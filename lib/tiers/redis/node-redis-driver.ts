import type { RedisClientType, RedisClusterType } from 'redis';
import { type Driver, type Master, SCAN_COUNT } from './driver.js';

/** Bulk strings ('$' in the protocol) become Buffers, whatever the client's own options are. */
const AS_BUFFERS = { typeMapping: { 36: Buffer } };

// Commands are sent unchanged, so that a key prefix of the client itself is in none of them.

/** The option `signal` of a socket, which the types of the library do not have. */
export function endedBy(end: AbortController): object {
  return { signal: end.signal };
}

export class NodeRedisDriver implements Driver {
  readonly #client: RedisClientType;
  readonly #end: AbortController | undefined;

  /** @param end Ends the sockets of a client of ours. */
  constructor(client: RedisClientType, end?: AbortController) {
    this.#client = client;
    this.#end = end;
  }

  isReady(): boolean {
    return this.#client.isReady;
  }

  watch(ready: () => void, lost: (error: Error) => void): () => void {
    const client = this.#client;
    const onError = (error: Error) => {
      if (!client.isReady) lost(error);
    };
    const onEnd = () => lost(new Error('The connection was closed.'));
    client.on('error', onError).on('ready', ready).on('end', onEnd);
    return () => {
      client.off('error', onError).off('ready', ready).off('end', onEnd);
    };
  }

  /**
   * This library has no clients that connect with their first command: a command before connect() is an
   * error.
   */
  wake(): void {}

  async connect(): Promise<void> {
    await this.#client.connect();
  }

  unref(): void {
    this.#client.unref();
  }

  destroy(): void {
    try {
      this.#client.destroy();
    } catch {
      // Before 5.12.1 it throws where the client has closed itself, as it does when it fails to connect.
    }
    // Those versions also complete a connection when they are destroyed meanwhile.
    this.#end?.abort();
  }

  readonly subscribesItself = false;

  subscriber(): Driver {
    // A client that was made without options has none.
    const options: Partial<RedisClientType['options']> = this.#client.options ?? {};
    const end = new AbortController();
    const socket = { ...options.socket, reconnectStrategy: false as const, ...endedBy(end) };
    const driver = new NodeRedisDriver(this.#client.duplicate({ socket }), end);
    driver.unref();
    return driver;
  }

  get(key: string): Promise<Buffer | null> {
    return this.#client.sendCommand(['GET', key], AS_BUFFERS);
  }

  set(key: string, bytes: Buffer, ttlMs: number): Promise<unknown> {
    return this.#client.sendCommand(['SET', key, bytes, 'PX', String(ttlMs)]);
  }

  unlink(key: string): Promise<unknown> {
    return this.#client.sendCommand(['UNLINK', key]);
  }

  publish(channel: string, message: string): Promise<unknown> {
    return this.#client.sendCommand(['PUBLISH', channel, message]);
  }

  async subscribe(channel: string, heard: (message: string) => void): Promise<() => void> {
    await this.#client.subscribe(channel, heard);
    return () => {
      this.#client.unsubscribe(channel, heard).catch(() => {});
    };
  }

  async masters(): Promise<Master[]> {
    return [masterOf(this.#client)];
  }
}

/** The interval at which the state of a cluster without events of readiness is read, ms. */
const LOOK_EVERY_MS = 100;

export class NodeRedisClusterDriver implements Driver {
  readonly #cluster: RedisClusterType;

  constructor(cluster: RedisClusterType) {
    this.#cluster = cluster;
  }

  isReady(): boolean {
    const { isReady, isOpen, masters } = this.#cluster;
    // The first versions have no isReady: they are ready once they know their nodes.
    return this.#tells ? isReady : isOpen && masters.length > 0;
  }

  /** Whether it has isReady and the events of it. */
  get #tells(): boolean {
    return typeof this.#cluster.isReady === 'boolean';
  }

  watch(ready: () => void, lost: (error: Error) => void): () => void {
    const cluster = this.#cluster;
    if (!this.#tells) return this.#lookAt(ready, lost);
    const onError = (error: Error) => {
      if (!cluster.isReady) lost(error);
    };
    const onDisconnect = () => lost(new Error('The connections were closed.'));
    cluster.on('error', onError).on('connect', ready).on('disconnect', onDisconnect);
    return () => {
      cluster.off('error', onError).off('connect', ready).off('disconnect', onDisconnect);
    };
  }

  #lookAt(ready: () => void, lost: (error: Error) => void): () => void {
    let wasReady = this.isReady();
    const timer = setInterval(() => {
      const isReady = this.isReady();
      if (isReady === wasReady) return;
      wasReady = isReady;
      if (isReady) ready();
      else lost(new Error('The connections were closed.'));
    }, LOOK_EVERY_MS);
    timer.unref();
    const onError = (error: Error) => {
      if (!this.isReady()) lost(error);
    };
    this.#cluster.on('error', onError);
    return () => {
      clearInterval(timer);
      this.#cluster.off('error', onError);
    };
  }

  wake(): void {}

  async connect(): Promise<void> {
    await this.#cluster.connect();
  }

  /** The library has no unref; a cluster always belongs to the caller, who closes it. */
  unref(): void {}

  destroy(): void {
    this.#cluster.destroy();
  }

  readonly subscribesItself = true;

  subscriber(): Driver {
    return new NodeRedisClusterDriver(this.#cluster.duplicate());
  }

  get(key: string): Promise<Buffer | null> {
    return this.#cluster.sendCommand(key, true, ['GET', key], AS_BUFFERS);
  }

  set(key: string, bytes: Buffer, ttlMs: number): Promise<unknown> {
    return this.#cluster.sendCommand(key, false, ['SET', key, bytes, 'PX', String(ttlMs)]);
  }

  unlink(key: string): Promise<unknown> {
    return this.#cluster.sendCommand(key, false, ['UNLINK', key]);
  }

  publish(channel: string, message: string): Promise<unknown> {
    return this.#cluster.sendCommand(undefined, false, ['PUBLISH', channel, message]);
  }

  async subscribe(channel: string, heard: (message: string) => void): Promise<() => void> {
    const listener = (message: string | Buffer) => heard(String(message));
    await this.#cluster.subscribe(channel, listener);
    return () => {
      this.#cluster.unsubscribe(channel, listener).catch(() => {});
    };
  }

  async masters(): Promise<Master[]> {
    const nodes = this.#cluster.masters;
    return Promise.all(nodes.map(async (node) => masterOf(await this.#cluster.nodeClient(node))));
  }
}

function masterOf(server: Pick<RedisClientType, 'sendCommand'>): Master {
  return {
    clientPrefix: '',
    async scan(cursor, pattern) {
      const [next, keys] = await server.sendCommand<[Buffer, Buffer[]]>(
        ['SCAN', cursor, 'MATCH', pattern, 'COUNT', SCAN_COUNT],
        AS_BUFFERS,
      );
      return { cursor: next.toString(), keys };
    },
    unlink: (keys) => Promise.all(keys.map((key) => server.sendCommand(['UNLINK', key]))),
  };
}
