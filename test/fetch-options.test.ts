import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import type { Metadata } from '../lib/index.js';
import { Caches } from './helpers/caches.js';
import { deferred } from './helpers/deferred.js';

const metadata = { tags: ['test'], taken: new Date(5), big: 5n };

const caches = new Caches();

describe('stale-while-revalidate', () => {
  const options = { cacheTtlHours: 1, staleWhileRevalidateSeconds: 60 };

  it.each(['memory', 'disk'])(
    'returns the stale record once more, and extracts behind it: %s',
    async (tier) => {
      let n = 0;
      const second = deferred<Metadata>();
      const extract = vi.fn(async () => (n++ === 0 ? { n: 1 } : second.promise));
      let cache = caches.make(options);
      expect(await cache.fetch(caches.file, extract)).toEqual({ n: 1 });
      if (tier === 'disk') cache = caches.restart(cache, options);
      const now = Date.now();
      const clock = vi.spyOn(Date, 'now').mockReturnValue(now + 3_601_000);
      expect(cache.get(caches.file)).toBeUndefined();
      expect(await cache.fetch(caches.file, extract)).toEqual({ n: 1 });
      expect(await cache.fetch(caches.file, extract)).toEqual({ n: 1 });
      expect(extract).toHaveBeenCalledTimes(2);
      second.resolve({ n: 2 });
      await expect.poll(() => cache.get(caches.file)).toEqual({ n: 2 });
      expect(extract).toHaveBeenCalledTimes(2);
      clock.mockRestore();
    },
  );

  it('retains the stale record where the extraction fails, until its time ends', async () => {
    const cache = caches.make(options);
    cache.put(caches.file, { n: 1 });
    const now = Date.now();
    const clock = vi.spyOn(Date, 'now').mockReturnValue(now + 3_601_000);
    const broken = async () => {
      throw new Error('broken file');
    };
    expect(await cache.fetch(caches.file, broken)).toEqual({ n: 1 });
    await expect.poll(() => caches.logger.warn.mock.calls.length).toBe(1);
    expect(await cache.fetch(caches.file, broken)).toEqual({ n: 1 });
    const next = caches.restart(cache, options);
    clock.mockReturnValue(now + 3_661_000);
    await expect(next.fetch(caches.file, broken)).rejects.toThrow('broken file');
  });
});

describe('a stale record whose extraction fails', () => {
  const options = { cacheTtlHours: 1, staleWhileRevalidateSeconds: 60, negativeTtlSeconds: 30 };

  it.each(['stat', 'content', 'none'] as const)(
    'is returned while the failure is cached, without another attempt: %s',
    async (validate) => {
      const cache = caches.make({ ...options, validate });
      cache.put(caches.file, { n: 1 });
      const now = Date.now();
      vi.spyOn(Date, 'now').mockReturnValue(now + 3_601_000);
      const extract = vi.fn(() => Promise.reject(new Error('broken file')));
      for (let i = 0; i < 10; i++) {
        expect(await cache.fetch(caches.file, extract)).toEqual({ n: 1 });
        await new Promise(setImmediate);
      }
      expect(extract).toHaveBeenCalledTimes(1);
      expect(caches.logger.warn).toHaveBeenCalledTimes(1);
      expect(await cache.warmCache([caches.file], extract)).toEqual({ [caches.file]: false });
      expect(extract).toHaveBeenCalledTimes(1);
      // A put replaces the cached failure.
      cache.put(caches.file, { n: 2 });
      vi.mocked(Date.now).mockReturnValue(now + 2 * 3_601_000);
      expect(await cache.fetch(caches.file, extract)).toEqual({ n: 2 });
      expect(extract).toHaveBeenCalledTimes(2);
    },
  );

  it('is extracted again when the failure has expired', async () => {
    const cache = caches.make({ ...options, negativeTtlSeconds: 0.02 });
    cache.put(caches.file, { n: 1 });
    const { now } = Date;
    vi.spyOn(Date, 'now').mockImplementation(() => now() + 3_601_000);
    const extract = vi.fn(() => Promise.reject(new Error('broken file')));
    const tries = async () => {
      expect(await cache.fetch(caches.file, extract)).toEqual({ n: 1 });
      return extract.mock.calls.length;
    };
    await expect.poll(tries).toBeGreaterThan(1);
  });
});

it('a cache that returns no stale records does not accept them from one that does', async () => {
  const stale = caches.make({ cacheTtlHours: 1, staleWhileRevalidateSeconds: 3600 });
  stale.put(caches.file, { n: 1 });
  await stale.flush();
  const strict = caches.make({ cacheTtlHours: 1 });
  vi.spyOn(Date, 'now').mockReturnValue(Date.now() + 3_601_000);
  expect(strict.get(caches.file)).toBeUndefined();
  expect(strict.get(caches.file)).toBeUndefined();
  expect(await stale.fetch(caches.file, async () => ({ n: 2 }))).toEqual({ n: 1 });
});

describe('negative caching', () => {
  it('caches a failure for a while, for this state of the file, without a value', async () => {
    const failure = Object.assign(new TypeError('broken file'), { code: 'ERR_BROKEN' });
    const extract = vi.fn(async () => {
      throw failure;
    });
    const cache = caches.make({ negativeTtlSeconds: 60 });
    await expect(cache.fetch(caches.file, extract)).rejects.toBe(failure);
    const again = cache.fetch(caches.file, extract);
    await expect(again).rejects.toThrow(TypeError);
    await expect(again).rejects.toMatchObject({ message: 'broken file', code: 'ERR_BROKEN' });
    expect(extract).toHaveBeenCalledTimes(1);
    expect(cache.get(caches.file)).toBeUndefined();
    expect(await cache.warmCache([caches.file], extract)).toEqual({ [caches.file]: false });
    expect(extract).toHaveBeenCalledTimes(1);
    writeFileSync(caches.file, 'mended');
    await expect(cache.fetch(caches.file, extract)).rejects.toBe(failure);
    expect(extract).toHaveBeenCalledTimes(2);
    cache.invalidateFile(caches.file);
    await expect(cache.fetch(caches.file, extract)).rejects.toBe(failure);
    expect(extract).toHaveBeenCalledTimes(3);
    cache.put(caches.file, metadata);
    expect(await cache.fetch(caches.file, extract)).toEqual(metadata);
  });

  it('ends when the file is put', async () => {
    const cache = caches.make({ negativeTtlSeconds: 60, maxMemoryEntries: 2 });
    const broken = () => Promise.reject(new Error('broken file'));
    await expect(cache.fetch(caches.file, broken)).rejects.toThrow('broken file');
    cache.put(caches.file, metadata);
    await cache.flush();
    for (let i = 0; i < 10; i++) cache.put(join(caches.folder, `${i}`), metadata);
    expect(await cache.fetch(caches.file, broken)).toEqual(metadata);
  });

  it('ends after its time to live', async () => {
    const extract = vi.fn(async () => Promise.reject(new Error('broken file')));
    const cache = caches.make({ negativeTtlSeconds: 0.02 });
    const tries = async () => {
      await expect(cache.fetch(caches.file, extract)).rejects.toThrow('broken file');
      return extract.mock.calls.length;
    };
    await tries();
    await expect.poll(tries).toBeGreaterThan(1);
  });

  it('is off by default, and does not cache aborts', async () => {
    const extract = vi.fn(async () => Promise.reject(new Error('broken file')));
    const cache = caches.make();
    for (let i = 0; i < 3; i++) await expect(cache.fetch(caches.file, extract)).rejects.toThrow();
    expect(extract).toHaveBeenCalledTimes(3);
    const patient = caches.make({ cacheDir: join(caches.folder, 'other'), negativeTtlSeconds: 60 });
    const controller = new AbortController();
    const waits = patient.fetch(
      caches.file,
      (_, signal) =>
        new Promise<Metadata>((_, reject) => {
          signal.addEventListener('abort', () => reject(signal.reason));
        }),
      { signal: controller.signal },
    );
    controller.abort();
    await expect(waits).rejects.toThrow('aborted');
    await new Promise((resolve) => setImmediate(resolve));
    expect(await patient.fetch(caches.file, () => metadata)).toEqual(metadata);
  });
});
