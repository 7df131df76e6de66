// Tests extraction through the cache of metadata: fetch and warmCache.

import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { runInNewContext } from 'node:vm';
import { describe, expect, it, vi } from 'vitest';
import { ClosedError } from '../lib/errors/errors.js';
import type { MetadataExtractor } from '../lib/metadata/extractions.js';
import type { Metadata } from '../lib/tiers/metadata.js';
import { deferred } from './helpers/deferred.js';
import { cache, file, folder, make, metadata } from './helpers/enhanced-cache.js';

describe('the method fetch of an EnhancedMetadataCache', () => {
  it('gives all callers what later ones get, each a copy of its own', async () => {
    const cache = make();
    class Camera {
      model = 'X100';
      toJSON() {}
    }
    const made = { tags: ['a'], camera: new Camera() };
    const extract = () => made;
    const all = await Promise.all([1, 2].map(() => cache.fetch(file, extract)));
    all.push(await cache.fetch(file, extract));
    for (const each of all) {
      expect(each).toStrictEqual({ tags: ['a'], camera: { model: 'X100' } });
      each.tags.push('mine');
    }
    expect(cache.get(file)).toStrictEqual({ tags: ['a'], camera: { model: 'X100' } });
    await expect(cache.fetch(folder, () => runInNewContext('new Date(5)'))).rejects.toThrow(
      TypeError,
    );
  });

  it('extracts once for a thousand concurrent callers', async () => {
    const { promise, resolve } = deferred<Metadata>();
    const extract = vi.fn<MetadataExtractor<Metadata>>(() => promise);
    const all = Array.from({ length: 1000 }, () => cache.fetch(file, extract));
    resolve(metadata);
    for (const found of await Promise.all(all)) expect(found).toEqual(metadata);
    expect(extract).toHaveBeenCalledExactlyOnceWith(file, expect.any(AbortSignal));
    expect(await cache.fetch(file, extract)).toEqual(metadata);
    expect(extract).toHaveBeenCalledTimes(1);
    expect(cache.get(file)).toEqual(metadata);
    expect(cache.getStats()).toMatchObject({ cacheWrites: 1, misses: 1000, hits: 2 });
  });

  it('distinguishes tiers and files', async () => {
    const extract = (path: string) => ({ path });
    const other = join(folder, 'other');
    const [a, b] = await Promise.all([
      cache.fetch(file, () => ({ tier: 'quick' }), { tier: 'quick' }),
      cache.fetch(file, () => ({ tier: 'full' }), { tier: 'full' }),
      cache.fetch(file, extract),
      cache.fetch(other, extract),
    ]);
    expect([a, b]).toEqual([{ tier: 'quick' }, { tier: 'full' }]);
    expect(cache.get(file, 'quick')).toEqual({ tier: 'quick' });
    expect(cache.get(other)).toEqual({ path: other });
  });

  it('rejects all callers with a failure, and does not store it', async () => {
    const error = new Error('broken file');
    const extract = vi
      .fn<MetadataExtractor<Metadata>>()
      .mockRejectedValueOnce(error)
      .mockReturnValue(metadata);
    const all = await Promise.allSettled([1, 2, 3].map(() => cache.fetch(file, extract)));
    expect(all).toEqual(Array(3).fill({ status: 'rejected', reason: error }));
    expect(await cache.fetch(file, extract)).toEqual(metadata);
    expect(extract).toHaveBeenCalledTimes(2);
    const thrown = cache.fetch(`${file}2`, () => {
      throw error;
    });
    await expect(thrown).rejects.toBe(error);
  });

  it('rejects a caller that aborts, and aborts the extraction when no caller is left', async () => {
    const { promise, resolve } = deferred<Metadata>();
    const signals: AbortSignal[] = [];
    const extract: MetadataExtractor<Metadata> = (_, signal) => {
      signals.push(signal);
      return promise;
    };
    const leavers = [new AbortController(), new AbortController()];
    const leaving = leavers.map(({ signal }) => cache.fetch(file, extract, { signal }));
    const staying = cache.fetch(file, extract);
    leavers[0]?.abort();
    await expect(leaving[0]).rejects.toHaveProperty('name', 'AbortError');
    expect(signals[0]?.aborted).toBe(false);
    resolve(metadata);
    expect(await staying).toEqual(metadata);
    expect(await leaving[1]).toEqual(metadata);
    expect(signals.map(({ aborted }) => aborted)).toEqual([false]);

    const alone = new AbortController();
    const never: MetadataExtractor<Metadata> = (_, signal) => {
      signals.push(signal);
      return new Promise(() => {});
    };
    const waiting = cache.fetch(`${file}2`, never, { signal: alone.signal });
    const reason = new Error('enough');
    alone.abort(reason);
    await expect(waiting).rejects.toBe(reason);
    expect(signals[1]?.aborted).toBe(true);
    const extracted = await cache.fetch(`${file}2`, () => ({ n: 2 }), { signal: undefined });
    expect(extracted).toEqual({ n: 2 });
    await expect(cache.fetch(file, extract, { signal: AbortSignal.abort() })).rejects.toThrow();
  });

  it('does not store metadata of a file that changed meanwhile', async () => {
    const extracted = cache.fetch(file, async () => {
      writeFileSync(file, 'changed while it was read');
      return metadata;
    });
    expect(await extracted).toEqual(metadata);
    expect(cache.get(file)).toBeUndefined();
    expect(await cache.fetch(file, () => ({ n: 2 }))).toEqual({ n: 2 });
    expect(cache.get(file)).toEqual({ n: 2 });
  });

  it('does not join an extraction of an earlier state of the file', async () => {
    const first = deferred<Metadata>();
    const old = cache.fetch(file, () => first.promise);
    writeFileSync(file, 'changed');
    expect(await cache.fetch(file, () => ({ n: 'new' }))).toEqual({ n: 'new' });
    first.resolve({ n: 'old' });
    expect(await old).toEqual({ n: 'old' });
    expect(cache.get(file)).toEqual({ n: 'new' });
  });

  it('settles when the cache is shut down meanwhile', async () => {
    const { promise, resolve } = deferred<Metadata>();
    const waiting = cache.fetch(file, () => promise);
    cache.shutdown();
    resolve(metadata);
    await expect(waiting).rejects.toThrow(ClosedError);
  });

  it.each([
    ['invalidateFile', () => cache.invalidateFile(file)],
    ['clearAll', () => cache.clearAll()],
  ])('does not store an extraction that was in flight at %s', async (_, forget) => {
    const { promise, resolve } = deferred<Metadata>();
    const quick = cache.fetch(file, () => promise, { tier: 'quick' });
    const plain = cache.fetch(file, () => promise);
    forget();
    resolve(metadata);
    expect(await Promise.all([quick, plain])).toEqual([metadata, metadata]);
    expect(cache.get(file)).toBeUndefined();
    expect(cache.get(file, 'quick')).toBeUndefined();
  });

  it('refuses invalid options', async () => {
    for (const options of [null, 5, [], { signal: {} }, { tier: 5 }] as never[]) {
      await expect(cache.fetch(file, () => metadata, options)).rejects.toMatchObject({
        name: 'TypeError',
        code: 'ERR_EBBCACHE_ARGUMENT',
      });
    }
    for (const options of [null, { onProgress: 5 }] as never[]) {
      await expect(cache.warmCache([file], () => metadata, options)).rejects.toMatchObject({
        name: 'TypeError',
        code: 'ERR_EBBCACHE_ARGUMENT',
      });
    }
  });
});

describe('the method warmCache', () => {
  it('extracts missing records, some at a time, and reports progress', async () => {
    const paths = Array.from({ length: 20 }, (_, i) => join(folder, `file${i}`));
    for (const path of paths) writeFileSync(path, path);
    cache.put(paths[0]!, { known: true });
    let running = 0;
    let most = 0;
    const extract = vi.fn(async (path: string) => {
      most = Math.max(most, ++running);
      await new Promise(setImmediate);
      running--;
      if (path.endsWith('7')) throw new Error('broken');
      return { path };
    });
    const onProgress = vi.fn();
    const warn = vi.fn();
    using logged = make({ logger: { debug() {}, info() {}, warn, error() {} } });
    logged.put(paths[0]!, { known: true });
    const warmed = await logged.warmCache(paths, extract, { concurrency: 3, onProgress });
    expect(warmed).toEqual(Object.fromEntries(paths.map((path) => [path, !path.endsWith('7')])));
    expect(most).toBe(3);
    expect(extract).toHaveBeenCalledTimes(19);
    expect(onProgress.mock.calls).toEqual(paths.map((_, i) => [i + 1, 20]));
    expect(warn).toHaveBeenCalledTimes(2);
    expect(logged.get(paths[0]!)).toEqual({ known: true });
    expect(logged.get(paths[5]!)).toEqual({ path: paths[5] });
  });

  it('accepts no paths, repeated paths, and a tier', async () => {
    expect(await cache.warmCache([], () => metadata)).toEqual({});
    const extract = vi.fn(() => metadata);
    const warmed = await cache.warmCache([file, file, file], extract, { tier: 'full' });
    expect(warmed).toEqual({ [file]: true });
    expect(extract).toHaveBeenCalledTimes(1);
    expect(cache.get(file)).toBeUndefined();
    expect(cache.get(file, 'full')).toEqual(metadata);
  });

  it('reports what is in the cache for the current state of the file', async () => {
    const changes = () => {
      writeFileSync(file, 'changed meanwhile');
      return metadata;
    };
    expect(await cache.warmCache([file], changes)).toEqual({ [file]: false });
    cache.put(file, metadata);
    rmSync(file);
    mkdirSync(file);
    expect(await cache.warmCache([file], () => metadata)).toEqual({ [file]: false });
  });

  it('tolerates a logger that throws', async () => {
    const fail = () => {
      throw new Error('no logging');
    };
    using cache = make({ logger: { debug: fail, info: fail, warn: fail, error: fail } });
    const broken = () => {
      throw new Error('broken file');
    };
    expect(await cache.warmCache([file], broken)).toEqual({ [file]: false });
  });

  it('rejects when the cache is shut down meanwhile', async () => {
    const warmed = cache.warmCache([file, `${file}2`], () => {
      cache.shutdown();
      return metadata;
    });
    await expect(warmed).rejects.toThrow(ClosedError);
  });
});
