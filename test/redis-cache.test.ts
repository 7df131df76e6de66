// Tests the cache of metadata with a real Redis, also during its outages.

import { beforeEach, describe, expect, it, vi } from 'vitest';
import type { AdvancedMetadataCache, Metadata } from '../lib/index.js';
import { redisTier } from '../lib/tiers/redis/index.js';
import { Caches } from './helpers/caches.js';
import { type RedisServer, sharedRedis, whyNoRedis } from './helpers/redis-server.js';
import { packageUrl, runScript } from './helpers/run-script.js';

const missing = whyNoRedis();
if (missing !== undefined) console.log(`The cache is not tested with a real Redis: ${missing}.`);

const RETRY_MS = 200;
const TIMEOUT_MS = 50;
/** A call that waited for Redis without an answer takes at least about this, ms, and any other much less. */
const SLOW_MS = 45;

describe.skipIf(missing !== undefined)('a cache with Redis', () => {
  const caches = new Caches();
  const shared = sharedRedis(false);
  let server: RedisServer;

  beforeEach(() => {
    server = shared();
  });

  function make(name: string): AdvancedMetadataCache {
    const remote = redisTier({
      url: server.url,
      timeoutMs: TIMEOUT_MS,
      retryAfterMs: RETRY_MS,
      failureThreshold: 3,
    });
    return caches.make({ cacheDir: `${caches.folder}/${name}`, validate: 'none', remote });
  }

  /** Resolves once an extracted record reaches the server. */
  async function connected(cache: AdvancedMetadataCache): Promise<void> {
    let n = 0;
    const reaches = async () => {
      await cache.fetch(`/probe/${n++}`, async () => ({ n }));
      return (await server.cli('dbsize')) !== '0';
    };
    await expect.poll(reaches, { timeout: 20_000 }).toBe(true);
  }

  it('provides another process with what the first extracted', async () => {
    const cache = make('here');
    expect(await cache.fetch('/a', async () => ({ n: 1n, at: new Date(5) }))).toBeDefined();
    await cache.flush();
    const script = `
      const { redisTier } = await import(${JSON.stringify(new URL('./tiers/redis/index.js', packageUrl).href)});
      const remote = redisTier({ url: ${JSON.stringify(server.url)}, timeoutMs: 5000 });
      const cacheDir = ${JSON.stringify(`${caches.folder}/there`)};
      const cache = new ebbcache.AdvancedMetadataCache({ cacheDir, validate: 'none', remote });
      const found = await cache.fetch('/a', () => ({ n: 'extracted again' }));
      console.log(found, cache.getStats().remoteHits);
      cache.shutdown();`;
    const { stdout, stderr } = await runScript(script);
    expect({ stdout, stderr }).toEqual({
      stdout: '{ n: 1n, at: 1970-01-01T00:00:00.005Z } 1\n',
      stderr: '',
    });
  });

  it('invalidates what another process has invalidated', async () => {
    const [here, there] = [make('here'), make('there')];
    for (const cache of [here, there]) {
      await cache.fetch('/a', async () => ({ n: 1 }));
      await cache.flush();
    }
    // Nobody receives the invalidation until the other cache has subscribed.
    await expect
      .poll(() => {
        there.put('/a', { n: 1 });
        here.invalidateFile('/a');
        return new Promise((resolve) => setTimeout(() => resolve(there.get('/a')), 20));
      })
      .toBeUndefined();
    here.put('/b', { n: 2 });
    there.put('/b', { n: 2 });
    await here.flush();
    here.clearAll();
    await expect.poll(() => there.get('/b')).toBeUndefined();
  });

  it.each<
    [
      string,
      (server: RedisServer) => Promise<void> | void,
      (server: RedisServer) => Promise<void> | void,
    ]
  >([
    ['killed and started again', (it) => it.kill(), (it) => it.start()],
    ['hanging for a while', (it) => it.hang(), (it) => it.goOn()],
  ])('continues while the server is %s', async (_, stop, start) => {
    const cache = make('here');
    await connected(cache);
    const times: number[] = [];
    const failures: unknown[] = [];
    let isOver = false;
    let next = 0;
    const load = async () => {
      while (!isOver) {
        const n = next++;
        const begun = performance.now();
        try {
          const found = await cache.fetch(`/file/${n}`, async () => ({ n }));
          cache.put(`/put/${n}`, { n });
          if (found.n !== n || cache.get(`/put/${n}`)?.n !== n) throw new Error('a wrong value');
        } catch (error) {
          failures.push(error);
        }
        times.push(performance.now() - begun);
        await new Promise((resolve) => setTimeout(resolve, 1));
      }
    };
    const loads = Array.from({ length: 4 }, load);
    const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
    await pause(100);
    const before = times.length;
    await stop(server);
    // There are several retries, each with one slow call at most.
    await pause(RETRY_MS * 5);
    const during = times.slice(before);
    await start(server);
    await vi.waitFor(() => expect(cache.getStats().tierErrors).toBeGreaterThan(0));
    const other = make('there');
    await expect
      .poll(
        async () => {
          const n = next++;
          await cache.fetch(`/file/${n}`, async () => ({ n }));
          await cache.flush();
          const found: Metadata = await other.fetch(`/file/${n}`, async () => ({ n: 'extracted' }));
          return found.n === n;
        },
        { timeout: 20_000, interval: 50 },
      )
      .toBe(true);
    isOver = true;
    await Promise.all(loads);
    expect(failures).toEqual([]);
    expect(during.length).toBeGreaterThan(50);
    // Slow are 4 calls at once, 3 failures in a row, and one for each retry; a busy machine adds slow calls of its
    // own.
    expect(during.filter((ms) => ms >= SLOW_MS).length).toBeLessThan(6 + 5 + 10);
    expect(caches.logger.warn).toHaveBeenCalled();
  });
});
