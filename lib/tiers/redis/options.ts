import { checkNumber, checkOptions, show } from '../../checks/arguments.js';
import { optionNames } from '../../checks/option-names.js';
import { argumentRangeError, argumentTypeError } from '../../errors/errors.js';
import type { IoredisClient, NodeRedisClient } from './client-shapes.js';
import { driverOf } from './clients.js';
import type { Driver } from './driver.js';

const MIB = 1024 * 1024;

/** Either `client` or `url` must be given. */
export interface RedisTierOptions {
  /**
   * A client of the caller's, who connects and closes it: a `Redis` or `Cluster` of ioredis, or a client
   * or cluster of node-redis. Its options stay as they are.
   */
  client?: IoredisClient | NodeRedisClient;
  /**
   * `redis://` or, with TLS, `rediss://`. A client of ioredis, or else of redis, is made for it, and
   * closed with the tier.
   */
  url?: string;
  /** What the keys, and the channel of invalidations, begin with. 1 to 256 characters. Default 'ebbcache:'. */
  keyPrefix?: string;
  /** What a get may cost at most, ms, 1 to 60000. Default 50. */
  timeoutMs?: number;
  /**
   * How long a tier that failed is skipped before one request tries it again, how long a write may take,
   * and the longest pause between two attempts to connect, ms; from `timeoutMs` to 3600000. Default 5000.
   */
  retryAfterMs?: number;
  /** Consecutive failures after which the tier is skipped, 1 to 1000. Default 3. */
  failureThreshold?: number;
  /**
   * Bytes of values on their way at most; what is beyond is dropped. 0 to 1 GiB. Default 32 MiB, which a
   * link of 100 Mbit/s carries in 3 s.
   */
  maxPendingBytes?: number;
  /** Whether to tell other processes what is deleted, and to hear of it from them. Default true. */
  invalidations?: boolean;
}

const NAMES = optionNames<RedisTierOptions>('redisTier', {
  client: true,
  url: true,
  keyPrefix: true,
  timeoutMs: true,
  retryAfterMs: true,
  failureThreshold: true,
  maxPendingBytes: true,
  invalidations: true,
});

export interface ResolvedRedisTierOptions {
  /** What to connect with. */
  source: { client: Driver } | { url: string };
  keyPrefix: string;
  timeoutMs: number;
  retryAfterMs: number;
  failureThreshold: number;
  maxPendingBytes: number;
  invalidations: boolean;
}

/** Throws a TypeError or RangeError that names the option and what it may be. */
export function resolveRedisTierOptions(given?: RedisTierOptions): ResolvedRedisTierOptions {
  const options = checkOptions(given, NAMES);
  const timeoutMs = checkNumber('timeoutMs', options.timeoutMs ?? 50, 1, 60_000, 'ms');
  return {
    source: sourceOf(options),
    keyPrefix: checkPrefix(options.keyPrefix ?? 'ebbcache:'),
    timeoutMs,
    // What was begun before the breaker opened has then ended when it tries again.
    retryAfterMs: checkNumber(
      'retryAfterMs',
      options.retryAfterMs ?? Math.max(5000, timeoutMs),
      timeoutMs,
      3_600_000,
      'ms (timeoutMs to one hour)',
    ),
    failureThreshold: Math.floor(
      checkNumber('failureThreshold', options.failureThreshold ?? 3, 1, 1000),
    ),
    maxPendingBytes: checkNumber(
      'maxPendingBytes',
      options.maxPendingBytes ?? 32 * MIB,
      0,
      1024 * MIB,
      'bytes',
    ),
    invalidations: checkBoolean('invalidations', options.invalidations ?? true),
  };
}

function sourceOf({ client, url }: RedisTierOptions): ResolvedRedisTierOptions['source'] {
  if ((client === undefined) === (url === undefined)) {
    throw argumentTypeError('Either client or url must be given, and not both.');
  }
  if (url !== undefined) return { url: checkUrl(url) };
  const driver = driverOf(client);
  if (driver === undefined) {
    throw argumentTypeError(
      'client must be a Redis or Cluster of ioredis, or a client or cluster of node-redis.',
    );
  }
  return { client: driver };
}

/** The message does not show it: there may be a password in it. */
function checkUrl(url: unknown): string {
  if (typeof url !== 'string') {
    throw argumentTypeError(
      `url must be a string; it is ${Array.isArray(url) ? 'an array' : typeof url}.`,
    );
  }
  if (!/^rediss?:\/\//.test(url) || !URL.canParse(url)) {
    throw argumentRangeError('url must be a URL that begins with redis:// or rediss://.');
  }
  return url;
}

function checkPrefix(prefix: unknown): string {
  if (typeof prefix !== 'string') {
    throw argumentTypeError(`keyPrefix must be a string; it is ${show(prefix)}.`);
  }
  if (prefix === '' || prefix.length > 256) {
    throw argumentRangeError(
      'keyPrefix must have 1 to 256 characters: clear() deletes all keys that begin with it.',
    );
  }
  return prefix;
}

function checkBoolean(name: string, value: unknown): boolean {
  if (typeof value === 'boolean') return value;
  throw argumentTypeError(`${name} must be true or false; it is ${show(value)}.`);
}
