// The entry point `ebbcache/redis`.

import '../../process/require-node.js';

export type { RemoteTier, RemoteTierEvents, RemoteTierStats } from '../remote-tier.js';
export type { IoredisClient, NodeRedisClient } from './client-shapes.js';
export type { RedisTierOptions } from './options.js';
export { redisTier } from './redis-tier.js';
