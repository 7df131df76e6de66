// Tests metadata on disk: a restart finds what was put, and what was invalidated stays so.

import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, vi } from 'vitest';
import { AdvancedMetadataCache } from '../lib/index.js';
import { Caches } from './helpers/caches.js';

const MIB = 1024 * 1024;
const onWindows = process.platform === 'win32';
const command = fileURLToPath(new URL('../dist/cli/main.js', import.meta.url));

const caches = new Caches();

/** Opens a cache that reads no file, so that paths are only names. */
const make = (options = {}) => caches.make({ validate: 'none', ...options });
const restart = (cache: AdvancedMetadataCache, options = {}) =>
  caches.restart(cache, { validate: 'none', ...options });

const statsFromOutside = () =>
  JSON.parse(
    spawnSync(process.execPath, [command, 'stats', '--json', '--cache-dir', caches.cacheDir], {
      encoding: 'utf8',
    }).stdout,
  );

describe('a record that was put', () => {
  it('is found at once, after a flush, and after a restart without one', async () => {
    const first = make();
    expect(first.put('/a', { n: 1 }, 'quick', 12.5)).toBe(true);
    expect(first.get('/a', 'quick')).toEqual({ n: 1 });
    expect(await first.flush()).toBe(true);
    expect(first.getStats()).toMatchObject({ diskEntries: 1, diskDrops: 0, tierErrors: 0 });
    first.put('/b', { n: 2 });
    const second = restart(first);
    expect(second.get('/a', 'quick')).toEqual({ n: 1 });
    expect(second.get('/b')).toEqual({ n: 2 });
    expect(second.get('/c')).toBeUndefined();
    expect(second.getStats()).toMatchObject({ diskHits: 2, misses: 1 });
    expect(caches.logger.warn).not.toHaveBeenCalled();
  });

  it('is stored as it was at that time', () => {
    const first = make();
    const metadata = { list: [1] };
    first.put('/a', metadata);
    metadata.list.push(2);
    expect(restart(first).get('/a')).toEqual({ list: [1] });
  });

  it.each([false, true])(
    'can be replaced, invalidated and cleared (already written: %s)',
    async (isFlushed) => {
      let cache = make();
      const settle = async () => {
        if (isFlushed) expect(await cache.flush()).toBe(true);
      };
      for (const key of ['/replaced', '/invalidated', '/put again']) cache.put(key, { n: 'old' });
      await settle();
      cache.put('/replaced', { n: 'new' });
      cache.invalidateFile('/invalidated');
      cache.invalidateFile('/put again');
      cache.put('/put again', { n: 'new' });
      const check = () => {
        expect(cache.get('/replaced')).toEqual({ n: 'new' });
        expect(cache.get('/invalidated')).toBeUndefined();
        expect(cache.get('/put again')).toEqual({ n: 'new' });
      };
      check();
      await settle();
      check();
      cache = restart(cache);
      check();
      cache.clearAll();
      expect(cache.get('/replaced')).toBeUndefined();
      cache.put('/after', { n: 'after' });
      await settle();
      expect(cache.get('/put again')).toBeUndefined();
      cache = restart(cache);
      expect(cache.get('/replaced')).toBeUndefined();
      expect(cache.get('/after')).toEqual({ n: 'after' });
      expect(cache.getStats().diskEntries).toBe(1);
    },
  );

  it('is shared by the caches of a process on one folder, whatever path they name', async () => {
    const one = make();
    const two = make({ cacheDir: join(caches.folder, '.', 'x', '..', 'cache') });
    one.put('/a', { of: 'one' });
    expect(two.get('/a')).toEqual({ of: 'one' });
    two.put('/a', { of: 'two' });
    expect(one.get('/a')).toEqual({ of: 'two' });
    one.shutdown();
    two.invalidateFile('/a');
    expect(make().get('/a')).toBeUndefined();
  });

  it('expires on disk, and is removed there', async () => {
    const cache = make({ cacheTtlHours: 0.000001 });
    const long = make();
    cache.put('/short', { n: 1 });
    long.put('/long', { n: 2 });
    await expect.poll(() => cache.get('/short'), { interval: 5 }).toBeUndefined();
    await cache.flush();
    expect(long.get('/short')).toBeUndefined();
    expect(long.get('/long')).toEqual({ n: 2 });
    expect(restart(cache).get('/short')).toBeUndefined();
  });

  it('is invalidated with its file in all tiers, also in those that are only on disk', async () => {
    const long = `/${'ü'.repeat(1000)}`;
    const first = make();
    for (const path of ['/a', '/ab', '/a/b', long]) {
      for (const tier of ['default', 'x', 'x\0y']) first.put(path, { path, tier }, tier);
    }
    const second = restart(first);
    second.invalidateFile('/a');
    second.invalidateFile(long);
    const third = restart(second);
    for (const tier of ['default', 'x', 'x\0y']) {
      expect(third.get('/a', tier)).toBeUndefined();
      expect(third.get(long, tier)).toBeUndefined();
      expect(third.get('/ab', tier)).toEqual({ path: '/ab', tier });
      expect(third.get('/a/b', tier)).toEqual({ path: '/a/b', tier });
    }
  });
});

describe('the budget of the disk tier', () => {
  it('applies to the folder, which retains the records in use', async () => {
    const cache = make({ maxDiskSizeMb: 2, maxMemoryEntries: 30 });
    for (let i = 0; i < 20; i++) cache.put(`/hot/${i}`, { i });
    for (let i = 0; i < 3000; i++) {
      cache.put(`/cold/${i}`, { text: 'x'.repeat(3000) });
      if (i % 20 !== 0) continue;
      for (let hot = 0; hot < 20; hot++) cache.get(`/hot/${hot}`);
      await cache.flush();
    }
    expect(cache.getStats().diskEvictions).toBeGreaterThan(1000);
    const bytes = readdirSync(caches.cacheDir)
      .map((name) => statSync(join(caches.cacheDir, name)).size)
      .reduce((sum, size) => sum + size, 0);
    expect(bytes).toBeLessThanOrEqual(2 * MIB);
    expect(bytes).toBeGreaterThan(1.5 * MIB);
    const next = restart(cache, { maxDiskSizeMb: 2 });
    for (let hot = 0; hot < 20; hot++) expect(next.get(`/hot/${hot}`)).toEqual({ i: hot });
    expect(next.get('/cold/0')).toBeUndefined();
    expect(next.get('/cold/2999')).toBeDefined();
  });

  it('is the one that the last cache to open the folder sets', async () => {
    const large = make({ maxDiskSizeMb: 8 });
    for (let i = 0; i < 1000; i++) {
      large.put(`/${i}`, { i, text: 'x'.repeat(5000) });
      if (i % 100 === 0) await large.flush();
    }
    const small = restart(large, { maxDiskSizeMb: 2 });
    await small.flush();
    expect(statSync(join(caches.cacheDir, 'cache.ring')).size).toBeLessThanOrEqual(2 * MIB);
    let found = 0;
    for (let i = 0; i < 1000; i++) {
      const metadata = small.get(`/${i}`);
      if (metadata === undefined) continue;
      found++;
      expect(metadata.i).toBe(i);
    }
    expect(found).toBeGreaterThan(50);
    expect(found).toBeLessThan(500);
  });
});

describe('the counters of a disk tier', () => {
  it('add up over all caches and processes, also across a clear', async () => {
    for (let round = 0; round < 3; round++) {
      const cache = make();
      cache.put('/a', { round });
      cache.get('/a');
      cache.get('/none');
      if (round === 1) cache.clearAll();
      cache.shutdown();
    }
    expect(statsFromOutside()).toMatchObject({
      cacheDir: caches.cacheDir,
      diskEntries: 1,
      memoryHits: 3,
      misses: 3,
      cacheWrites: 3,
      tierErrors: 0,
    });
    const open = make();
    open.get('/a');
    await open.flush();
    // Counters are also written from time to time while the tier is in use.
    await expect.poll(() => statsFromOutside().diskHits, { timeout: 30_000 }).toBe(1);
  });
});

describe('the default folder', () => {
  it("is in the user's cache folder", async () => {
    using cache = new AdvancedMetadataCache({ validate: 'none', logger: caches.logger });
    cache.put('/a', { n: 1 });
    await cache.flush();
    const parent = onWindows ? process.env.LOCALAPPDATA : process.env.XDG_CACHE_HOME;
    expect(parent?.startsWith(homedir())).toBe(false);
    const onMac = process.platform === 'darwin';
    if (!onMac) {
      const folder = join(parent!, 'ebbcache', ...(onWindows ? ['Cache'] : []));
      expect(existsSync(join(folder, 'cache.ring'))).toBe(true);
    }
  });
});

describe('the method fetch with a disk tier', () => {
  it('finds on disk what another run extracted', async () => {
    const extract = vi.fn(async () => ({ n: 1 }));
    const first = make();
    await first.fetch('/a', extract);
    const second = restart(first);
    expect(await Promise.all([1, 2, 3].map(() => second.fetch('/a', extract)))).toEqual(
      Array(3).fill({ n: 1 }),
    );
    expect(extract).toHaveBeenCalledTimes(1);
  });
});
