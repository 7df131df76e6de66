// Tests the memory tier that caches of one folder and namespace share, in all threads of the process.

import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { describe, expect, it } from 'vitest';
import { EbbcacheError, EnhancedMetadataCache } from '../lib/index.js';
import { native } from '../lib/native/addon.js';
import { namedCounts } from '../lib/tiers/kept-counters.js';
import { Caches } from './helpers/caches.js';
import { packageUrl } from './helpers/run-script.js';

const caches = new Caches();
const metadata = { n: 1, text: 'x'.repeat(1000) };
const onThreads = { timeout: 120_000 };

/** Starts a thread that has a cache of the folder, and executes commands. */
class CacheThread {
  readonly #worker: Worker;

  constructor(options: object) {
    this.#worker = new Worker(new URL('./helpers/cache-worker.mjs', import.meta.url), {
      workerData: { packageUrl, options },
    });
  }

  async ask(command: string, ...args: unknown[]): Promise<unknown> {
    this.#worker.postMessage({ command, args });
    const [answer] = await once(this.#worker, 'message');
    return answer;
  }

  async terminate(): Promise<void> {
    await this.#worker.terminate();
  }
}

describe('four threads with caches of one folder', () => {
  it('extract once, store one copy, and hit in each', onThreads, async () => {
    const { cacheDir, file } = caches;
    const here = caches.make();
    const threads = [1, 2, 3, 4].map(() => new CacheThread({ cacheDir, maxMemoryMb: 16 }));
    try {
      const files = Array.from({ length: 100 }, (_, i) => `${file} ${i}`);
      const made = await Promise.all(threads.map((thread) => thread.ask('fetchAll', files)));
      expect(made.reduce((sum: number, each) => sum + (each as number), 0)).toBe(100);
      for (const thread of threads) expect(await thread.ask('hits', files)).toBe(100);
      const { memoryCacheSize, memoryPayloadBytes } = here.getStats();
      expect(memoryCacheSize).toBe(100);
      for (const thread of threads) {
        expect(await thread.ask('stats')).toMatchObject({ memoryCacheSize, memoryPayloadBytes });
      }
      // The end of one thread leaves the records of the others.
      await threads[0]!.terminate();
      await threads[1]!.ask('shutdown');
      expect(here.getStats().memoryCacheSize).toBe(100);
      expect(await threads[2]!.ask('memoryHits', files)).toBe(100);
    } finally {
      await Promise.all(threads.map((thread) => thread.terminate()));
    }
  });

  it('count each eviction once in the file', onThreads, async () => {
    const { cacheDir } = caches;
    const here = caches.make({ maxMemoryEntries: 10 });
    const threads = [1, 2].map(() => new CacheThread({ cacheDir }));
    for (const thread of threads) {
      await thread.ask(
        'put',
        Array.from({ length: 50 }, (_, i) => `/file/${i}`),
      );
    }
    for (const thread of threads) await thread.ask('shutdown');
    await Promise.all(threads.map((thread) => thread.terminate()));
    const { evictions } = here.getStats();
    expect(evictions).toBeGreaterThanOrEqual(80);
    here.shutdown();
    const { counters } = native.diskSummary(cacheDir)!;
    expect(namedCounts(counters).evictions).toBe(evictions);
  });
});

describe('caches of one folder and namespace', () => {
  it('share one memory tier', () => {
    const one = caches.make();
    const two = caches.make();
    one.put(caches.file, metadata);
    expect(two.get(caches.file)).toEqual(metadata);
    expect(two.getStats()).toMatchObject({ memoryHits: 1, diskHits: 0, memoryCacheSize: 1 });
    one.shutdown();
    expect(two.get(caches.file)).toEqual(metadata);
    expect(two.getStats()).toMatchObject({ memoryHits: 2 });
  });

  it('have a memory tier for each folder and namespace', () => {
    const one = caches.make();
    one.put(caches.file, metadata);
    for (const options of [{ namespace: 'x' }, { cacheDir: `${caches.cacheDir}-other` }]) {
      expect(caches.make(options).getStats().memoryCacheSize).toBe(0);
    }
  });

  it('share it without a disk tier where they have a namespace option', () => {
    const options = { maxDiskSizeMb: 0, namespace: 'shared' };
    const one = caches.make(options);
    one.put(caches.file, metadata);
    expect(caches.make(options).get(caches.file)).toEqual(metadata);
    expect(caches.make({ maxDiskSizeMb: 0 }).get(caches.file)).toBeUndefined();
  });

  it.each([{ maxMemoryMb: 17 }, { maxMemoryEntries: 501 }, { maxDiskSizeMb: 201 }])(
    'are refused with another size: %j',
    (size) => {
      const cache = caches.make({ maxMemoryEntries: 500 });
      const error = caught(() => caches.make(size));
      expect(error).toBeInstanceOf(EbbcacheError);
      expect(error).toMatchObject({ code: 'ERR_EBBCACHE_OPEN' });
      expect(error.message).toContain(caches.cacheDir);
      expect(error.message).toMatch(/maxMemoryMb.*\.$/);
      // Caches without a size use the existing tier.
      const { logger, cacheDir } = caches;
      using adopting = new EnhancedMetadataCache({
        cacheDir,
        logger,
        enableMemoryPressureMonitoring: false,
      });
      expect(adopting.getDetailedInfo().memoryCache).toMatchObject({
        maxBytes: 16 * 1024 * 1024,
        maxEntries: 500,
      });
      cache.shutdown();
      adopting.shutdown();
      expect(caches.make(size).closed).toBe(false);
    },
  );

  it('may be opened with the size that another was resized to', () => {
    const one = caches.make();
    one.resize({ maxMemoryMb: 20, maxMemoryEntries: 50, maxDiskSizeMb: 100 });
    const two = caches.make({ maxMemoryMb: 20, maxMemoryEntries: 50, maxDiskSizeMb: 100 });
    expect(two.getStats().memoryBudgetBytes).toBe(20 * 1024 * 1024);
  });
});

describe('the method resize', () => {
  const paths = Array.from({ length: 2000 }, (_, i) => `/file/${i}`);

  it('evicts what exceeds the new limits, and releases its memory', async () => {
    const cache = caches.make({ validate: 'none', maxMemoryEntries: 5000 });
    for (const path of paths) cache.put(path, { ...metadata, text: 'x'.repeat(5000) });
    await cache.flush();
    expect(cache.getStats().memoryCacheSize).toBe(2000);
    cache.resize({ maxMemoryMb: 2 });
    const { memoryBytes, memoryBudgetBytes, memoryCacheSize } = cache.getStats();
    expect(memoryBudgetBytes).toBe(2 * 1024 * 1024);
    expect(memoryBytes).toBeLessThanOrEqual(memoryBudgetBytes);
    expect(memoryCacheSize).toBeGreaterThan(200);
    cache.resize({ maxMemoryEntries: 100 });
    expect(cache.getStats().memoryCacheSize).toBe(100);
    // The record is still on disk, until the file becomes smaller too.
    expect(cache.get(paths[0]!)).toBeDefined();
    cache.resize({ maxDiskSizeMb: 1 });
    await expect.poll(() => cache.getStats().diskBytes).toBeLessThanOrEqual(1024 * 1024);
    expect(cache.getStats().diskEntries).toBeLessThan(300);
    cache.resize({ maxMemoryMb: 64, maxMemoryEntries: 1000 });
    for (const path of paths) cache.put(path, metadata);
    expect(cache.getStats().memoryCacheSize).toBe(1000);
  });

  it('changes the limits that the cache reports', () => {
    const { logger, cacheDir } = caches;
    using cache = new EnhancedMetadataCache({ cacheDir, logger, maxMemoryMb: 16 });
    cache.resize({ maxMemoryMb: 32, maxMemoryEntries: 7, maxDiskSizeMb: 9 });
    expect(cache.getDetailedInfo()).toMatchObject({
      memoryCache: { maxEntries: 7, maxBytes: 32 * 1024 * 1024 },
      diskCache: { maxSizeMb: 9 },
      configuration: { maxMemoryMb: 32, maxMemoryEntries: 7, maxDiskSizeMb: 9 },
    });
  });

  it.each([
    [{ maxMemoryMb: 0 }],
    [{ maxMemoryEntries: 0 }],
    [{ maxDiskSizeMb: 0 }],
    [{ maxMemoryMb: 2 ** 40 }],
  ])('refuses %j and changes nothing', (sizes) => {
    const cache = caches.make();
    expect(() => cache.resize({ maxMemoryEntries: 3, ...sizes })).toThrow(RangeError);
    cache.resize({});
    for (const path of paths) cache.put(path, metadata);
    expect(cache.getStats().memoryCacheSize).toBeGreaterThan(3);
  });

  it('refuses a disk size where there is no disk tier', () => {
    expect(() => caches.make({ maxDiskSizeMb: 0 }).resize({ maxDiskSizeMb: 5 })).toThrow(
      /no disk tier/,
    );
  });
});

function caught(work: () => unknown): Error {
  try {
    work();
  } catch (error) {
    return error as Error;
  }
  throw new Error('Nothing was thrown.');
}
