// Tests what reports records, invalidates many of them, and sets how long they live.

import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type AdvancedCacheOptions, EncodeError } from '../lib/index.js';
import { Caches } from './helpers/caches.js';
import { deferred } from './helpers/deferred.js';

const caches = new Caches();
const metadata = { n: 1 };
const tiers: [string, AdvancedCacheOptions][] = [
  ['memory', { maxDiskSizeMb: 0 }],
  ['memory and disk', {}],
];

describe.each(tiers)('a cache of metadata in %s', (_, options) => {
  const make = () => caches.make(options);

  it('reports by peek and has what get would return, and counts nothing', async () => {
    const cache = make();
    cache.put(caches.file, metadata, 'full');
    await cache.flush();
    const before = [cache.getStats(), cache.getStats()];
    expect(cache.peek(caches.file, 'full')).toEqual(metadata);
    expect([cache.has(caches.file, 'full'), cache.has(caches.file)]).toEqual([true, false]);
    expect(cache.peek(caches.file)).toBeUndefined();
    expect([cache.has(caches.folder), cache.peek(caches.folder)]).toEqual([false, undefined]);
    expect([cache.getStats(), cache.getStats()]).toEqual(before);
    writeFileSync(caches.file, 'changed');
    expect([cache.has(caches.file, 'full'), cache.peek(caches.file, 'full')]).toEqual([
      false,
      undefined,
    ]);
    // The calls have not deleted the record.
    expect([...cache.keys()]).toEqual([{ filePath: caches.file, tier: 'full' }]);
  });

  it('counts no peek or has as a use of a record', () => {
    const cache = caches.make({ ...options, maxDiskSizeMb: 0, maxMemoryEntries: 2 });
    cache.put('/n/a', metadata);
    cache.put('/n/b', metadata);
    cache.peek('/n/a');
    cache.has('/n/a');
    cache.put('/n/c', metadata);
    expect(['/n/a', '/n/b', '/n/c'].map((path) => cache.has(path))).toEqual([false, true, true]);
  });

  it('visits each key once', async () => {
    const cache = make();
    const all = ['/n/a', '/n/b'].flatMap((path) => ['default', 'full'].map((tier) => [path, tier]));
    for (const [path, tier] of all) cache.put(path!, metadata, tier);
    await cache.flush();
    const found = [...cache.keys()].map(({ filePath, tier }) => [filePath, tier]);
    expect(found.sort()).toEqual(all.sort());
    const begun = cache.keys();
    begun.next();
    cache.shutdown();
    expect(() => begun.next()).toThrow(/shut down/);
  });

  it('returns from getMany what get returns, in order', () => {
    const cache = make();
    cache.put('/n/a', metadata);
    cache.put('/n/b', { n: 2 });
    expect(cache.getMany(['/n/b', '/n/none', '/n/a', '/n/b'])).toEqual([
      { n: 2 },
      undefined,
      { n: 1 },
      { n: 2 },
    ]);
    expect(cache.getStats()).toMatchObject({ hits: 3, misses: 1 });
    expect(() => cache.getMany(['/n/a', 5 as never])).toThrow(TypeError);
    expect(() => cache.getMany('/n/a' as never)).toThrow(TypeError);
    expect(cache.getStats()).toMatchObject({ hits: 3, misses: 1 });
  });

  it('invalidates by invalidateFolder what is below the folder, and nothing next to it', async () => {
    const cache = make();
    const below = ['/n/dir/a', '/n/dir/deep/b', '/n/dir/deep/c'];
    const beside = ['/n/dir', '/n/directory/a', '/n/a', '/n/dir.jpg'];
    for (const path of [...below, ...beside]) cache.put(path, metadata);
    cache.put('/n/dir/a', metadata, 'full');
    await cache.flush();
    expect(cache.invalidateFolder('/n/dir/')).toBe(4);
    expect(below.map((path) => cache.has(path))).toEqual([false, false, false]);
    expect(beside.map((path) => cache.has(path))).toEqual([true, true, true, true]);
    expect(cache.getStats().cacheInvalidations).toBe(4);
    expect(cache.invalidateFolder('/n/dir')).toBe(0);
    expect(cache.invalidateFolder('/')).toBe(4);
    expect(() => cache.invalidateFolder('')).toThrow(RangeError);
    expect(() => cache.invalidateFolder(5 as never)).toThrow(TypeError);
  });

  it('invalidates by invalidateFolder what is being extracted, and failures', async () => {
    const cache = caches.make({ ...options, negativeTtlSeconds: 60 });
    const { promise, resolve } = deferred<object>();
    const under = cache.fetch('/n/dir/a', () => promise);
    await expect(cache.fetch('/n/dir/b', () => Promise.reject(new Error('no')))).rejects.toThrow();
    expect(cache.invalidateFolder('/n/dir')).toBe(0);
    resolve(metadata);
    expect(await under).toEqual(metadata);
    expect(cache.has('/n/dir/a')).toBe(false);
    expect(await cache.fetch('/n/dir/b', () => metadata)).toEqual(metadata);
  });

  it('uses ttlSeconds in place of its own time to live', async () => {
    const short = caches.make({ ...options, cacheTtlHours: 1e-5 });
    short.put('/n/long', metadata, { tier: 'full', ttlSeconds: 3600, extractionTimeMs: 5 });
    short.put('/n/short', metadata);
    await expect.poll(() => short.has('/n/short'), { timeout: 20_000 }).toBe(false);
    expect(short.get('/n/long', 'full')).toEqual(metadata);
    const long = make();
    long.put('/n/put', metadata, { ttlSeconds: 0.001 });
    await long.fetch('/n/fetched', () => metadata, { ttlSeconds: 0.001 });
    await expect.poll(() => long.get('/n/put'), { timeout: 20_000 }).toBeUndefined();
    await expect.poll(() => long.has('/n/fetched'), { timeout: 20_000 }).toBe(false);
    for (const ttlSeconds of [0, -1, Number.NaN, Infinity]) {
      expect(() => long.put('/n/put', metadata, { ttlSeconds })).toThrow(RangeError);
      const fetched = long.fetch('/n/put', () => metadata, { ttlSeconds });
      await expect(fetched).rejects.toThrow(RangeError);
    }
  });

  it('gives callers of one extraction an object each, equal to later ones', async () => {
    class Photo {
      tags = ['a'];
    }
    const cache = make();
    const made = new Photo();
    const all = await Promise.all([1, 2, 3].map(() => cache.fetch('/n/a', async () => made)));
    expect(new Set([...all, made]).size).toBe(4);
    all[0]!.tags.push('b');
    expect(all[1]).toStrictEqual({ tags: ['a'] });
    expect(made.tags).toEqual(['a']);
    expect(await cache.fetch('/n/a', () => made)).toStrictEqual(all[1]);
    // The same holds where the record is not stored, or no tier has room for it.
    mkdirSync(join(caches.folder, 'sub'));
    const folder = await cache.fetch(join(caches.folder, 'sub'), () => made);
    expect(folder).toStrictEqual({ tags: ['a'] });
    const bad = cache.fetch(caches.folder, () => ({ f() {} }));
    await expect(bad).rejects.toThrow(EncodeError);
    const large = { text: 'x'.repeat(70 * 1024 * 1024), tags: ['a'] };
    const [one, other] = await Promise.all([1, 2].map(() => cache.fetch('/n/large', () => large)));
    expect(one).not.toBe(other);
    expect(one!.tags).not.toBe(other!.tags);
    expect(one!.text.length).toBe(large.text.length);
    rmSync(join(caches.folder, 'sub'), { recursive: true });
  });
});
