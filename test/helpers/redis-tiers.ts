// Tiers by each library and each way to give a client.

import { Cluster, Redis } from 'ioredis';
import { createClient, createCluster } from 'redis';
import type { RedisTierOptions } from '../../lib/tiers/redis/options.js';
import { redisTier } from '../../lib/tiers/redis/redis-tier.js';
import type { RemoteTier } from '../../lib/tiers/remote-tier.js';

export type Library = 'ioredis' | 'redis';

export interface Variant {
  name: string;
  /** That a tier made from a URL is to use. */
  library: Library;
  /** Options to connect with, and what closes what they hold. */
  connect(url: string): { options: RedisTierOptions; end(): void };
}

function givenIoredis(client: Redis | Cluster) {
  client.on('error', () => {});
  return { options: { client }, end: () => client.disconnect() };
}

export const variants: Variant[] = [
  {
    name: 'a URL and ioredis',
    library: 'ioredis',
    connect: (url) => ({ options: { url }, end() {} }),
  },
  {
    name: 'a URL and node-redis',
    library: 'redis',
    connect: (url) => ({ options: { url }, end() {} }),
  },
  {
    name: 'a client of ioredis',
    library: 'ioredis',
    connect: (url) => givenIoredis(new Redis(url, { retryStrategy: () => 50 })),
  },
  {
    name: 'a client of node-redis',
    library: 'redis',
    connect(url) {
      const client = createClient({ url, socket: { reconnectStrategy: 50 } });
      client.on('error', () => {});
      client.connect().catch(() => {});
      return { options: { client }, end: () => client.destroy() };
    },
  },
];

export const clusterVariants: Variant[] = [
  {
    name: 'a cluster of ioredis',
    library: 'ioredis',
    connect: (url) => givenIoredis(new Cluster([url])),
  },
  {
    name: 'a cluster of node-redis',
    library: 'redis',
    connect(url) {
      const cluster = createCluster({ rootNodes: [{ url }] });
      cluster.on('error', () => {});
      cluster.connect().catch(() => {});
      return { options: { client: cluster }, end: () => cluster.destroy() };
    },
  },
];

export interface StartedTier {
  tier: RemoteTier;
  failures: Error[];
  recoveries: number;
  /** What was heard, call by call. */
  invalidated: (readonly string[] | undefined)[];
}

/** Starts tiers, and closes them and their clients. */
export class Tiers {
  #ends: (() => void)[] = [];

  start(variant: Variant, url: string, options: RedisTierOptions = {}): StartedTier {
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

  /** Once it is connected, and others are heard. */
  async startConnected(variant: Variant, url: string, options?: RedisTierOptions) {
    const started = this.start(variant, url, options);
    await until(() => started.tier.stats().connected);
    return started;
  }

  end(): void {
    for (const end of this.#ends.splice(0)) end();
  }
}

/** Waits until it is so; the test's timeout ends what never is. */
export async function until(isSo: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await isSo())) await new Promise((resolve) => setTimeout(resolve, 10));
}
