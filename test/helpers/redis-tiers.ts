// Starts tiers with each library and each way to pass a client.

import type { Cluster, Redis } from 'ioredis';
import type { RedisTierOptions } from '../../lib/tiers/redis/options.js';
import { redisTier } from '../../lib/tiers/redis/redis-tier.js';
import type { RemoteTier } from '../../lib/tiers/remote-tier.js';
import { type Library, loadIoredis, loadNodeRedis, made, nameOf } from './redis-libraries.js';
import { until } from './until.js';

export interface Variant {
  name: string;
  /** A tier made from a URL uses this library. */
  library: Library;
  /** Returns the options to connect with, and a function that closes their client. */
  connect(url: string): { options: RedisTierOptions; end(): void };
}

function givenIoredis(client: Redis | Cluster) {
  client.on('error', () => {});
  return { options: { client }, end: () => client.disconnect() };
}

const ioredis: Library[] = ['ioredis', 'ioredis-lowest'];
const nodeRedis: Library[] = ['redis', 'redis-lowest'];
// The lowest versions have no export of that name.
const ioredisClients = await Promise.all(
  ioredis.map(async (library) => {
    const { Redis, Cluster, default: client } = await loadIoredis(library);
    return { library, Client: Redis ?? (client as unknown as typeof Redis), Cluster };
  }),
);
const nodeRedisClients = await Promise.all(
  nodeRedis.map(async (library) => ({ library, ...(await loadNodeRedis(library)) })),
);

const byUrl = (library: Library): Variant => ({
  name: `a URL and ${nameOf(library)}`,
  library,
  connect: (url) => ({ options: { url }, end() {} }),
});

export const urlVariants: Variant[] = [...ioredis, ...nodeRedis].map(byUrl);

export const clientVariants: Variant[] = [
  ...ioredisClients.map(({ library, Client }) => ({
    name: `a client of ${nameOf(library)}`,
    library,
    connect: (url: string) => givenIoredis(new Client(url, { retryStrategy: () => 50 })),
  })),
  ...nodeRedisClients.map(({ library, createClient }) => ({
    name: `a client of ${nameOf(library)}`,
    library,
    connect(url: string) {
      const client = createClient({ url, socket: { reconnectStrategy: 50 } });
      client.on('error', () => {});
      client.connect().catch(() => {});
      return { options: { client }, end: () => client.destroy() };
    },
  })),
];

export const variants: Variant[] = [...urlVariants, ...clientVariants];

export const clusterVariants: Variant[] = [
  ...ioredisClients.map(({ library, Cluster }) => ({
    name: `a cluster of ${nameOf(library)}`,
    library,
    connect: (url: string) => {
      const { hostname: host, port } = new URL(url);
      return givenIoredis(new Cluster([{ host, port: Number(port) }]));
    },
  })),
  ...nodeRedisClients.map(({ library, createCluster }) => ({
    name: `a cluster of ${nameOf(library)}`,
    library,
    connect(url: string) {
      const cluster = createCluster({ rootNodes: [{ url }] });
      cluster.on('error', () => {});
      cluster.connect().catch(() => {});
      return { options: { client: cluster }, end: () => cluster.destroy() };
    },
  })),
];

export interface StartedTier {
  tier: RemoteTier;
  failures: Error[];
  recoveries: number;
  /** The invalidated keys, by call. */
  invalidated: (readonly string[] | undefined)[];
}

/** Starts tiers, and closes them and their clients. */
export class Tiers {
  #ends: (() => void)[] = [];

  start(variant: Variant, url: string, options: RedisTierOptions = {}): StartedTier {
    made.library = variant.library;
    const { options: connection, end } = variant.connect(url);
    const tier = redisTier({ ...connection, ...options });
    const started: StartedTier = { tier, failures: [], recoveries: 0, invalidated: [] };
    tier.start({
      onFailure: (error) => started.failures.push(error),
      onRecovery: () => started.recoveries++,
      onInvalidate: (keys) => started.invalidated.push(keys),
    });
    this.#ends.push(() => {
      tier.close();
      end();
    });
    return started;
  }

  /** Resolves once the tier is connected, and receives invalidations. */
  async startConnected(variant: Variant, url: string, options?: RedisTierOptions) {
    const started = this.start(variant, url, options);
    await until(() => started.tier.stats().connected);
    return started;
  }

  end(): void {
    for (const end of this.#ends.splice(0)) end();
  }
}
