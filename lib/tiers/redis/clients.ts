// A driver for a client of the caller, and the clients that are made from a URL.

import { NoClientError } from '../no-client-error.js';
import { isIoredis, isNodeRedis, isNodeRedisCluster } from './client-kinds.js';
import type { Driver } from './driver.js';
import { IoredisDriver } from './ioredis-driver.js';
import { endedBy, NodeRedisClusterDriver, NodeRedisDriver } from './node-redis-driver.js';

/** Undefined for what is not a client. */
export function driverOf(client: unknown): Driver | undefined {
  if (isIoredis(client)) return new IoredisDriver(client);
  if (isNodeRedisCluster(client)) return new NodeRedisClusterDriver(client);
  return isNodeRedis(client) ? new NodeRedisDriver(client) : undefined;
}

/**
 * A client that connects once, queues nothing while it is not connected, and does not keep the process
 * alive. The library is ioredis where that is installed, and otherwise redis; the first call loads it.
 *
 * @throws NoClientError
 */
export async function makeClient(url: string, connectTimeoutMs: number): Promise<Driver> {
  const driver =
    (await makeIoredis(url, connectTimeoutMs)) ?? (await makeNodeRedis(url, connectTimeoutMs));
  if (driver === undefined) throw new NoClientError();
  return driver;
}

/**
 * Makes such a client of ioredis; undefined when that is not installed.
 *
 * @param load Loads another version of the library.
 */
export async function makeIoredis(
  url: string,
  connectTimeout: number,
  load = () => import('ioredis'),
): Promise<Driver | undefined> {
  const library = await unlessMissing('ioredis', load);
  if (library === undefined) return undefined;
  // The first versions have it only as their default export.
  const {
    Redis: Client = library.default as unknown as typeof library.Redis,
  }: Partial<typeof library> = library;
  const driver = new IoredisDriver(
    new Client(url, {
      connectTimeout,
      lazyConnect: true,
      retryStrategy: null,
      enableOfflineQueue: false,
      enableAutoPipelining: true,
    }),
  );
  driver.unref();
  return driver;
}

/**
 * Makes such a client of redis; undefined when that is not installed.
 *
 * @param load Loads another version of the library.
 */
export async function makeNodeRedis(
  url: string,
  connectTimeout: number,
  load = () => import('redis'),
): Promise<Driver | undefined> {
  const library = await unlessMissing('redis', load);
  if (library === undefined) return undefined;
  const end = new AbortController();
  const client: unknown = library.createClient({
    url,
    disableOfflineQueue: true,
    socket: { connectTimeout, reconnectStrategy: false, ...endedBy(end) },
  });
  if (!isNodeRedis(client)) return undefined;
  const driver = new NodeRedisDriver(client, end);
  driver.unref();
  return driver;
}

/** A package that is installed but fails to load is an error. */
async function unlessMissing<T>(name: string, load: () => Promise<T>): Promise<T | undefined> {
  try {
    return await load();
  } catch (error) {
    const missing = error instanceof Error && 'code' in error;
    if (missing && error.code === 'ERR_MODULE_NOT_FOUND' && error.message.includes(`'${name}'`)) {
      return undefined;
    }
    throw error;
  }
}
