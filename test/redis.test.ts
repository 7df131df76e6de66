import fc from 'fast-check';
import { Redis } from 'ioredis';
import { createClient } from 'redis';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import {
  decodeInvalidation,
  encodeInvalidations,
} from '../lib/tiers/redis/invalidation-message.js';
import { redisTier } from '../lib/tiers/redis/redis-tier.js';
import { made } from './helpers/redis-libraries.js';
import { RedisServer, startCluster, whyNoRedis } from './helpers/redis-server.js';
import { clusterVariants, Tiers, variants } from './helpers/redis-tiers.js';
import { until } from './helpers/until.js';

const reason = whyNoRedis();
// The reason is found once for all tests with a server.
if (reason !== undefined)
  console.log(`Skipped, the tests with a Redis server: there is ${reason}.`);

vi.mock(import('../lib/tiers/redis/clients.js'), async (importOriginal) => {
  const { byLibrary } = await import('./helpers/redis-libraries.js');
  return byLibrary(await importOriginal());
});

const MIB = 1024 * 1024;
const MINUTE = 60_000;
/** These options are for tests in which a busy machine must not be mistaken for a slow server. */
const PATIENT = { timeoutMs: 5000 };

const tiers = new Tiers();
afterEach(() => tiers.end());

describe('the options of a Redis tier', () => {
  const url = 'redis://127.0.0.1:1';

  it.each([
    [{}, 'Either client or url must be given, and not both.'],
    [{ url, client: new Redis({ lazyConnect: true }) }, 'Either client or url'],
    [{ client: {} }, 'client must be a Redis or Cluster of ioredis'],
    [{ url: 'http://127.0.0.1' }, 'url must be a URL that begins with redis:// or rediss://.'],
    [{ url: ['redis://secret'] }, 'url must be a string; it is an array.'],
    [{ url, keyPrefix: '' }, 'keyPrefix must have 1 to 256 characters'],
    [{ url, keyPrefix: 1 }, 'keyPrefix must be a string; it is number.'],
    [{ url, timeoutMs: 0 }, 'timeoutMs must be from 1 to 60000 ms; it is 0.'],
    [{ url, retryAfterMs: 49 }, 'retryAfterMs must be from 50 to 3600000'],
    [
      { url, failureThreshold: '3' },
      "failureThreshold must be a number from 1 to 1000; it is '3'.",
    ],
    [{ url, maxPendingBytes: -1 }, 'maxPendingBytes must be from 0'],
    [{ url, invalidations: 'yes' }, "invalidations must be true or false; it is 'yes'."],
    [[], 'The options must be an object; they are an array.'],
  ])('are refused: %j', (options, message) => {
    expect(() => Reflect.apply(redisTier, undefined, [options])).toThrow(
      expect.objectContaining({
        code: 'ERR_EBBCACHE_ARGUMENT',
        message: expect.stringContaining(message),
      }),
    );
  });

  it('never show the password of a URL', () => {
    const secret = { url: 'http://user:secret@host' };
    expect(() => redisTier(secret)).toThrow(/^(?!.*secret)/);
  });

  it('open no connection before the start, and a tier serves one cache', async () => {
    const tier = redisTier({ url });
    expect(await tier.get('a')).toBeUndefined();
    expect(tier.set('a', Buffer.from('x'), MINUTE)).toBe(false);
    const events = { onFailure() {}, onRecovery() {}, onInvalidate() {} };
    tier.start(events);
    expect(() => tier.start(events)).toThrow('make one for each cache');
    tier.close();
    tier.close();
  });
});

describe('an invalidation message', () => {
  it('is decoded as it was encoded, in as many messages as it needs', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'binary' })), (keys) => {
        const read = encodeInvalidations('me', keys).map(decodeInvalidation);
        expect(read.flatMap((each) => each?.keys)).toEqual(keys);
      }),
      { numRuns: 50 },
    );
    const keys = Array.from({ length: 25_000 }, (_, i) => `\u0000key ${i} ${'\u0000'.repeat(20)}`);
    const read = encodeInvalidations('me', keys).map(decodeInvalidation);
    expect(read.length).toBeGreaterThan(2);
    expect(read.flatMap((each) => each?.keys)).toEqual(keys);
    expect(encodeInvalidations('me', undefined).map(decodeInvalidation)).toEqual([
      { from: 'me', keys: undefined, badKeys: 0 },
    ]);
  });

  it('is read except for its invalid keys', () => {
    const message = JSON.stringify({ from: 'x', keys: ['a', 1, null, 'b', ['c'], { d: 1 }] });
    expect(decodeInvalidation(message)).toEqual({ from: 'x', keys: ['a', 'b'], badKeys: 4 });
  });

  it('is ignored where it is anything else', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
        expect(decodeInvalidation(text)).toBeUndefined();
      }),
    );
  });
});

const malformed = [
  '',
  'null',
  '[]',
  '{"from":"x"}',
  '{"from":1,"keys":["a"]}',
  '{"from":"x","keys":"a"}',
  `{"from":"x","keys":[${'"a",'.repeat(10_000)}"a"]}`,
  `{"from":"x","keys":["${'a'.repeat(100_000)}"`,
];

describe.skipIf(reason !== undefined)('a Redis tier with a server', () => {
  let server: RedisServer;
  let admin: Redis;
  beforeAll(async () => {
    server = await RedisServer.start();
    admin = new Redis(server.url);
  });
  beforeEach(() => admin.flushall());
  afterAll(async () => {
    admin.disconnect();
    await server.end();
  });

  describe.each(variants)('a tier with the client $name', (variant) => {
    beforeEach(() => {
      made.library = variant.library;
    });

    /** Waits until the channel has this many subscribers. */
    const untilHeard = (listeners: number) =>
      until(async () => {
        const [, count] = await admin.pubsub('NUMSUB', 'ebbcache:invalidate');
        return Number(count) === listeners;
      });

    it('returns what was set, byte by byte, for its time to live', async () => {
      const { tier, failures } = await tiers.startConnected(variant, server.url, PATIENT);
      const bytes = Buffer.from(Array.from({ length: 256 }, (_, i) => i));
      const copied = Buffer.from('before');
      expect(tier.set('bytes', bytes, MINUTE)).toBe(true);
      expect(tier.set('empty', new Uint8Array(), 59_999.5)).toBe(true);
      expect(tier.set('key: \u0000 ü', copied, Number.MAX_VALUE)).toBe(true);
      copied.fill('x');
      await tier.flush();
      expect(await tier.get('bytes')).toEqual(bytes);
      expect(await tier.get('empty')).toEqual(Buffer.alloc(0));
      expect(await tier.get('key: \u0000 ü')).toEqual(Buffer.from('before'));
      expect(await tier.get('other')).toBeUndefined();
      for (const key of ['bytes', 'empty']) {
        const ttl = await admin.pttl(`ebbcache:${key}`);
        expect(ttl).toBeGreaterThan(0);
        expect(ttl).toBeLessThanOrEqual(MINUTE);
      }
      for (const ttl of [0, -1, Number.NaN]) expect(tier.set('bytes', bytes, ttl)).toBe(false);
      expect(tier.stats()).toEqual({
        connected: true,
        hits: 3,
        misses: 1,
        writes: 3,
        errors: 0,
        skipped: 0,
        dropped: 3,
      });
      expect(failures).toEqual([]);
    });

    it('deletes keys, and clears only its own', async () => {
      const keyPrefix = 'e*[b]?-\\:';
      const { tier } = await tiers.startConnected(variant, server.url, { ...PATIENT, keyPrefix });
      const foreign = ['eb', 'exxbx-:a', 'e*b?-\\:', 'ebbcache:a', 'e*[b]?-:'];
      for (const key of foreign) await admin.set(key, '');
      // This key is of another writer, and is not valid UTF-8.
      await admin.set(Buffer.concat([Buffer.from(keyPrefix), Buffer.from([255, 0, 254])]), '');
      for (let i = 0; i < 1500; i++) tier.set(`key ${i}`, Buffer.from('x'), MINUTE);
      await tier.flush();
      expect(await admin.dbsize()).toBe(foreign.length + 1501);

      tier.delete(Array.from({ length: 1200 }, (_, i) => `key ${i}`));
      expect(await tier.get('key 0')).toBeUndefined();
      await tier.flush();
      expect(await admin.dbsize()).toBe(foreign.length + 301);
      tier.clear();
      expect(await tier.get('key 1400')).toBeUndefined();
      await tier.flush();
      expect((await admin.keys('*')).sort()).toEqual(foreign.sort());
      tier.set('key 0', Buffer.from('again'), MINUTE);
      expect(await tier.get('key 0')).toEqual(Buffer.from('again'));
      expect(tier.stats().errors).toBe(0);
    });

    it('sends values of up to 16 MiB, and no more than the limit in flight', async () => {
      const options = { ...PATIENT, maxPendingBytes: 20 * MIB };
      const { tier } = await tiers.startConnected(variant, server.url, options);
      const large = Buffer.alloc(16 * MIB, 'large');
      expect(tier.set('larger', Buffer.alloc(16 * MIB + 1), MINUTE)).toBe(false);
      expect(tier.set('large', large, MINUTE)).toBe(true);
      expect(tier.set('one more', large, MINUTE)).toBe(false);
      await tier.flush();
      expect((await tier.get('large'))?.length).toBe(large.length);
      expect(tier.set('one more', Buffer.alloc(4), MINUTE)).toBe(true);
      await tier.flush();
      expect(tier.stats()).toMatchObject({ writes: 2, dropped: 2, skipped: 0 });
    });

    it('sends concurrent requests together, and skips those beyond its bound', async () => {
      const { tier } = await tiers.startConnected(variant, server.url, PATIENT);
      tier.set('a', Buffer.from('x'), MINUTE);
      await tier.flush();
      const roundTrips = 'total_reads_processed';
      const before = await server.info(roundTrips);
      server.hang();
      const asked = Promise.all(Array.from({ length: 3000 }, () => tier.get('a')));
      for (let i = 0; i < 5; i++) await new Promise((resolve) => setImmediate(resolve));
      server.goOn();
      const found = await asked;
      // All were sent before the first was answered, so the server read many commands at a time.
      expect((await server.info(roundTrips)) - before).toBeLessThan(512);
      expect(found.filter((bytes) => bytes !== undefined)).toHaveLength(1024);
      expect(tier.stats()).toMatchObject({ hits: 1024, skipped: 3000 - 1024, errors: 0 });
      expect(await tier.get('a')).toBeDefined();
    });

    it('does not mistake a busy process for a slow server', async () => {
      const { tier, failures } = await tiers.startConnected(variant, server.url);
      tier.set('a', Buffer.from('x'), MINUTE);
      await tier.flush();
      server.hang();
      const asked = Promise.all(Array.from({ length: 10 }, () => tier.get('a')));
      for (let i = 0; i < 5; i++) await new Promise((resolve) => setImmediate(resolve));
      // The gets are sent, and answered while nothing runs here, for longer than a get may take.
      server.goOn();
      spin(200);
      expect(await asked).toEqual(Array.from({ length: 10 }, () => Buffer.from('x')));
      expect(failures).toEqual([]);
    });

    it('notifies others of its invalidations, and not itself', async () => {
      const one = tiers.start(variant, server.url, PATIENT);
      const other = tiers.start(variant, server.url, PATIENT);
      await untilHeard(2);
      one.tier.delete(['a', 'b']);
      await until(() => other.invalidated.length === 1);
      one.tier.clear();
      await until(() => other.invalidated.length === 2);
      other.tier.delete(['c']);
      await until(() => one.invalidated.length > 0);
      expect(other.invalidated).toEqual([['a', 'b'], undefined]);
      expect(one.invalidated).toEqual([['c']]);
      expect(await admin.dbsize()).toBe(0);
    });

    it('counts invalid messages, and receives the next', async () => {
      const { tier, invalidated } = tiers.start(variant, server.url);
      await untilHeard(1);
      for (const message of malformed) await admin.publish('ebbcache:invalidate', message);
      await admin.publish('ebbcache:invalidate', Buffer.from([255, 0, 1]));
      await admin.publish('ebbcache:invalidate', '{"from":"another","keys":[1,"a",null]}');
      await until(() => invalidated.length > 0);
      expect(invalidated).toEqual([['a']]);
      expect(tier.stats().errors).toBe(malformed.length + 2);
    });

    it('subscribes to nothing when subscription is off', async () => {
      const { tier } = await tiers.startConnected(variant, server.url, { invalidations: false });
      tier.delete(['a']);
      await tier.flush();
      expect(await admin.pubsub('CHANNELS')).toEqual([]);
    });

    it('survives a key of another type, and a server whose memory is full', async () => {
      const { tier, failures } = await tiers.startConnected(variant, server.url, PATIENT);
      await admin.rpush('ebbcache:list', 'a');
      for (let i = 0; i < 5; i++) expect(await tier.get('list')).toBeUndefined();
      await admin.config('SET', 'maxmemory', '1');
      for (let i = 0; i < 5; i++) tier.set(`key ${i}`, Buffer.from('x'), MINUTE);
      await tier.flush();
      await admin.config('SET', 'maxmemory', '0');
      expect(tier.stats()).toMatchObject({ errors: 10, dropped: 5, skipped: 0, writes: 0 });
      expect(failures).toEqual([]);
    });

    it('closes with requests in flight, and no request stays pending', async () => {
      const { tier } = await tiers.startConnected(variant, server.url);
      const gets = Array.from({ length: 50 }, () => tier.get('a'));
      for (let i = 0; i < 50; i++) tier.set(`key ${i}`, Buffer.alloc(1000), MINUTE);
      tier.clear();
      tier.close();
      expect(new Set(await Promise.all(gets))).toEqual(new Set([undefined]));
      await tier.flush();
      expect(tier.set('a', Buffer.from('x'), MINUTE)).toBe(false);
      expect(await tier.get('a')).toBeUndefined();
      tier.delete(['a']);
      tier.clear();
      expect(tier.stats().connected).toBe(false);
    });
  });

  it('leaves a client of ioredis in its original state', async () => {
    const client = new Redis(server.url, { keyPrefix: 'app:', lazyConnect: true });
    const before = { options: { ...client.options }, events: client.eventNames() };
    const tier = redisTier({ client });
    tier.start({ onFailure() {}, onRecovery() {}, onInvalidate() {} });
    await until(() => tier.stats().connected);
    for (const key of ['a', 'b']) tier.set(key, Buffer.from('x'), MINUTE);
    await tier.flush();
    await admin.mset('app:a', '', 'ebbcache:a', '');
    tier.clear();
    await tier.flush();
    // The client's own prefix comes before the tier's.
    expect((await admin.keys('*')).sort()).toEqual(['app:a', 'ebbcache:a']);
    tier.close();
    expect(client.options).toEqual(before.options);
    expect(client.eventNames()).toEqual(before.events);
    expect(await client.get('a')).toBe('');
    client.disconnect();
  });

  it('leaves a client of node-redis in its original state', async () => {
    const client = createClient({ url: server.url });
    client.on('error', () => {});
    await client.connect();
    const before = client.eventNames();
    const tier = redisTier({ client });
    tier.start({ onFailure() {}, onRecovery() {}, onInvalidate() {} });
    tier.set('a', Buffer.from('x'), MINUTE);
    await tier.flush();
    tier.close();
    expect(client.eventNames()).toEqual(before);
    expect(client.listenerCount('error')).toBe(1);
    expect(await client.get('ebbcache:a')).toBe('x');
    client.destroy();
  });
});

function spin(milliseconds: number): void {
  const end = performance.now() + milliseconds;
  while (performance.now() < end);
}

describe.skipIf(reason !== undefined)('a Redis tier with a cluster of three masters', () => {
  let servers: RedisServer[];
  beforeAll(async () => {
    servers = await startCluster(3);
  });
  afterAll(() => Promise.all(servers.map((server) => server.end())));

  it.each(clusterVariants)('sets, gets and invalidates by $name', async (variant) => {
    const url = servers[0]?.url ?? '';
    const { tier, failures } = await tiers.startConnected(variant, url, PATIENT);
    const other = await tiers.startConnected(variant, url, { ...PATIENT });
    await until(async () => {
      const ask = (server: RedisServer) => server.cli('pubsub', 'numsub', 'ebbcache:invalidate');
      const counts = await Promise.all(servers.map(ask));
      return counts.reduce((sum, text) => sum + Number(text.split('\n')[1]), 0) === 2;
    });
    const keys = Array.from({ length: 300 }, (_, i) => `key ${i}`);
    for (const key of keys) tier.set(key, Buffer.from(key), MINUTE);
    const sizes = async () =>
      (await Promise.all(servers.map((server) => server.cli('dbsize')))).map(Number);
    const totalSize = async () => (await sizes()).reduce((sum, size) => sum + size);
    await tier.flush();
    expect(Math.min(...(await sizes()))).toBeGreaterThan(50);
    const found = await Promise.all(keys.map((key) => other.tier.get(key)));
    expect(found).toEqual(keys.map((key) => Buffer.from(key)));

    // The third master has its slot.
    await servers[2]?.cli('set', 'foreign', 'x');
    tier.delete(keys.slice(0, 100));
    await tier.flush();
    expect(await totalSize()).toBe(201);
    tier.clear();
    await tier.flush();
    expect(await totalSize()).toBe(1);
    await until(() => other.invalidated.length === 2);
    expect(other.invalidated).toEqual([keys.slice(0, 100), undefined]);
    expect(failures).toEqual([]);
    expect(tier.stats().errors).toBe(0);
  });
});
