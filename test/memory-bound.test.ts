// Tests what bounds the memory tier of a cache of metadata, and where the bound is reported.

import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { EnhancedMetadataCache, PressureLevel } from '../lib/index.js';
import { nearerBound } from '../lib/tiers/memory-bound.js';
import { Caches } from './helpers/caches.js';
import { runNode } from './helpers/run-script.js';

const caches = new Caches();
const command = fileURLToPath(new URL('../dist/cli/main.js', import.meta.url));

function make(options: object = {}) {
  return caches.make({ validate: 'none', maxMemoryMb: 1, maxDiskSizeMb: 0, ...options });
}

function fill(cache: ReturnType<typeof make>, count: number, bytes: number) {
  for (let i = 0; i < count; i++) cache.put(`/${i}`, { text: 'x'.repeat(bytes) });
}

describe('the memory tier', () => {
  it('is limited only by bytes where no number of entries is given', () => {
    const cache = make({ maxMemoryMb: 4 });
    fill(cache, 5000, 100);
    const stats = cache.getStats();
    expect(stats).toMatchObject({ memoryCacheSize: 5000, evictions: 0, memoryBound: 'bytes' });
  });

  it('reports evictions for bytes', () => {
    const cache = make({ maxMemoryEntries: 100_000 });
    fill(cache, 1000, 5000);
    const { evictions, evictionsByEntries, memoryBound } = cache.getStats();
    expect(evictions).toBeGreaterThan(100);
    expect([evictionsByEntries, memoryBound]).toEqual([0, 'bytes']);
  });

  it('reports evictions for the number of entries, which a preset may set', () => {
    const few = make({ maxMemoryEntries: 50 });
    const preset = make({ preset: 'development', maxDiskSizeMb: 0 });
    for (const [cache, most] of [
      [few, 50],
      [preset, 100],
    ] as const) {
      fill(cache, 200, 100);
      const evictions = 200 - most;
      const expected = { evictions, evictionsByEntries: evictions, memoryBound: 'entries' };
      expect(cache.getStats()).toMatchObject(expected);
      // The second call counts no eviction again.
      expect(cache.getStats()).toMatchObject(expected);
    }
  });

  it('reports the limit in its details, as plain data', () => {
    const details = (options: object) => {
      const given = { maxDiskSizeMb: 0, enableMemoryPressureMonitoring: false, ...options };
      using cache = new EnhancedMetadataCache(given);
      return JSON.parse(JSON.stringify(cache.getDetailedInfo())).memoryCache;
    };
    expect(details({ maxMemoryEntries: 50 })).toMatchObject({ maxEntries: 50, bound: 'bytes' });
    expect(details({})).not.toHaveProperty('maxEntries');
  });

  it('counts no eviction for the number of entries as one of pressure', () => {
    const given = {
      maxDiskSizeMb: 0,
      maxMemoryMb: 1,
      validate: 'none',
      maxMemoryEntries: 10,
    } as const;
    using cache = new EnhancedMetadataCache(given);
    fill(cache, 10, 100);
    expect(cache.getStats().memoryBound).toBe('entries');
    cache.applyPressure(PressureLevel.CRITICAL);
    const { evictions, pressureEvictions, evictionsByEntries } = cache.getStats();
    expect([evictions, pressureEvictions, evictionsByEntries]).toEqual([10, 10, 0]);
  });
});

it('the nearer bound is that of entries or of bytes, or of bytes where there is no budget', () => {
  const at = (entries: number, heldBytes: number, budgetBytes = 100, maxEntries = 10) =>
    nearerBound({ entries, maxEntries, heldBytes, budgetBytes });
  expect([at(5, 40), at(5, 60), at(10, 100), at(0, 0, 0), at(0, 5, 0), at(9, 0, 9, 0)]).toEqual([
    'entries',
    'bytes',
    'entries',
    'bytes',
    'bytes',
    'bytes',
  ]);
});

it('the command reports the bound, also of processes that have ended', async () => {
  const cache = make({ maxMemoryEntries: 50, maxDiskSizeMb: 10 });
  fill(cache, 200, 100);
  expect(await cache.flush()).toBe(true);
  cache.shutdown();
  const stats = [command, 'stats', '--cache-dir', caches.cacheDir];
  const { stdout } = await runNode([...stats, '--json']);
  expect(JSON.parse(stdout)).toMatchObject({ evictions: 150, evictionsByEntries: 150 });
  expect((await runNode(stats)).stdout).toContain(
    '150 from memory, of which 150 for maxMemoryEntries, not for bytes',
  );
});
