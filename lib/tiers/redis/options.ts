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
   * A client of the caller, who MUST connect and close it: a `Redis` or `Cluster` of ioredis, or a client or
   * cluster of node-redis. Its options stay as they are.
   */
  client?: IoredisClient | NodeRedisClient;
  /**
   * The URL of the server, `redis://` or, with TLS, `rediss://`. A client of ioredis, or else of redis, is
   * made for it, and closed with the tier.
   */
  url?: string;
  /** The prefix of the keys and of the channel of invalidations. 1 to 256 characters. Default 'ebbcache:'. */
  keyPrefix?: string;
  /** The maximum time of a get, ms, 1 to 60000. Default 50. */
  timeoutMs?: number;
  /**
   * How long a tier that failed is skipped before one request tries it again, ms; also the time limit of a
   * write, and the longest pause between two attempts to connect. It ranges from `timeoutMs` to 3600000.
   * Default 5000.
   */
  retryAfterMs?: number;
  /** The number of consecutive failures after which the tier is skipped, 1 to 1000. Default 3. */
  failureThreshold?: number;
  /**
   * The maximum number of bytes of values in flight; values beyond it are dropped. 0 to 1 GiB. Default 32
   * MiB, which a link of 100 Mbit/s carries in 3 s.
   */
  maxPendingBytes?: number;
  /** Whether to notify other processes of deletions, and to be notified by them. Default true. */
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
  /** The client or URL of the connection. */
  source: { client: Driver } | { url: string };
  keyPrefix: string;
  timeoutMs: number;
  retryAfterMs: number;
  failureThreshold: number;
  maxPendingBytes: number;
  invalidations: boolean;
}

/** Throws a TypeError or RangeError that names the option and its accepted values. */
export function resolveRedisTierOptions(given?: RedisTierOptions): ResolvedRedisTierOptions {
  const options = checkOptions(given, NAMES);
  const timeoutMs = checkNumber('timeoutMs', options.timeoutMs ?? 50, 1, 60_000, 'ms');
  return {
    source: sourceOf(options),
    keyPrefix: checkPrefix(options.keyPrefix ?? 'ebbcache:'),
    timeoutMs,
    // Requests that began before the breaker opened have then ended when it tries again.
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

/** The message does not show the URL, because it may contain a password. */
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
