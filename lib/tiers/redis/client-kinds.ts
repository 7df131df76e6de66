// Finds the kind of client that a caller gives, by its members.

import type { Cluster, Redis } from 'ioredis';
import type { RedisClientType, RedisClusterType } from 'redis';

export function isIoredis(client: unknown): client is Redis | Cluster {
  return hasMethods(client, ['getBuffer', 'subscribe', 'on', 'off']) && 'status' in client;
}

export function isNodeRedis(client: unknown): client is RedisClientType {
  return (
    hasMethods(client, ['sendCommand', 'subscribe', 'duplicate', 'unref', 'on', 'off']) &&
    'isReady' in client
  );
}

export function isNodeRedisCluster(client: unknown): client is RedisClusterType {
  return (
    hasMethods(client, ['sendCommand', 'subscribe', 'nodeClient', 'on', 'off']) &&
    'masters' in client
  );
}

function hasMethods(client: unknown, names: string[]): client is object {
  if (typeof client !== 'object' || client === null) return false;
  return names.every((name) => typeof Reflect.get(client, name) === 'function');
}
