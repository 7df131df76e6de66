import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { runInNewContext } from 'node:vm';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { EncodeError } from '../lib/codec/encode-error.js';
import { ClosedError } from '../lib/errors/errors.js';
import { shutdownMonitoring } from '../lib/memory/global-monitor.js';
import { MemoryPressureMonitor } from '../lib/memory/memory-pressure-monitor.js';
import { EnhancedMetadataCache } from '../lib/metadata/enhanced-metadata-cache.js';
import type { EnhancedCacheOptions } from '../lib/metadata/enhanced-options.js';
import type { MetadataExtractor } from '../lib/metadata/extractions.js';
import { getEnhancedCache, shutdownEnhancedCache } from '../lib/metadata/global-cache.js';
import { presets } from '../lib/metadata/presets.js';
import type { Metadata } from '../lib/tiers/metadata.js';
import { deferred } from './helpers/deferred.js';
import { FakeMemory } from './helpers/fake-memory.js';

const onLinux = process.platform === 'linux';
const onWindows = process.platform === 'win32';
const MIB = 1024 * 1024;
const metadata = { tags: ['test'], format: 'image' };

let folder: string;
let file: string;
let cache: EnhancedMetadataCache;

function make(options: EnhancedCacheOptions = {}): EnhancedMetadataCache {
  // Of the memory tier alone: the others have tests of their own.
  return new EnhancedMetadataCache({
    enableMemoryPressureMonitoring: false,
    maxDiskSizeMb: 0,
    ...options,
  });
}

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ebbcache-enhanced-'));
  file = join(folder, 'test.jpg');
  writeFileSync(file, 'some bytes');
  cache = make();
});

afterEach(() => {
  cache.shutdown();
  shutdownEnhancedCache();
  shutdownMonitoring();
  vi.restoreAllMocks();
  rmSync(folder, { recursive: true, force: true });
});

describe('getEnhancedCache', () => {
  it.each([true, false])('keeps metadata of a file that is there: %s', (there) => {
    const before = process.cwd();
    process.chdir(folder);
    try {
      if (!there) rmSync('test.jpg');
      const cache = getEnhancedCache();
      cache.put('test.jpg', { tags: ['test'], format: 'image' });
      expect(cache.get('test.jpg')).toEqual({ tags: ['test'], format: 'image' });
    } finally {
      process.chdir(before);
    }
  });

  it('is one object until it is shut down', () => {
    const cache = getEnhancedCache({ maxMemoryEntries: 7 });
    expect(getEnhancedCache()).toBe(cache);
    cache.put(file, metadata);
    shutdownEnhancedCache();
    shutdownEnhancedCache();
    expect(() => cache.get(file)).toThrow(ClosedError);
    const next = getEnhancedCache();
    expect(next).not.toBe(cache);
    // From the disk.
    expect(next.get(file)).toEqual(metadata);
    expect(next.getStats()).toMatchObject({ memoryHits: 0, diskHits: 1 });
    expect(next.getDetailedInfo().memoryCache).not.toHaveProperty('maxEntries');
  });

  it('refuses options that are none, at any call', () => {
    for (let call = 0; call < 2; call++) {
      expect(() => getEnhancedCache(null as never)).toThrow(TypeError);
      expect(() => getEnhancedCache(5 as never)).toThrow('The options must be an object');
      getEnhancedCache();
    }
  });

  it('warns when it is called with other options', () => {
    const warn = vi.spyOn(process, 'emitWarning').mockReturnValue();
    const cache = getEnhancedCache({ maxMemoryEntries: 7 });
    expect(getEnhancedCache({ maxMemoryEntries: 7 })).toBe(cache);
    expect(getEnhancedCache()).toBe(cache);
    expect(warn).not.toHaveBeenCalled();
    expect(getEnhancedCache({ maxMemoryEntries: 8 })).toBe(cache);
    expect(warn).toHaveBeenCalledExactlyOnceWith(expect.stringMatching(/options/), {
      type: 'EbbcacheWarning',
      code: 'EBBCACHE_OPTIONS',
    });
    expect(cache.getDetailedInfo().memoryCache.maxEntries).toBe(7);
  });
});

describe('get and put', () => {
  it('copy in and out, and replace', () => {
    const given = {
      list: [1],
      when: new Date(5),
      big: 5n,
      map: new Map([['a', new Uint8Array(2)]]),
    };
    expect(cache.put(file, given)).toBe(true);
    given.list.push(2);
    expect(cache.get(file)).toEqual({ ...given, list: [1] });
    expect(cache.get(file)).not.toBe(cache.get(file));
    expect(cache.put(file, metadata, 'default', 12.5)).toBe(true);
    expect(cache.get<typeof metadata>(file)?.format).toBe('image');
  });

  it.each<[string, () => void]>([
    ['grows', () => writeFileSync(file, ' more', { flag: 'a' })],
    ['shrinks', () => truncateSync(file, 3)],
    ['is emptied', () => writeFileSync(file, '')],
    ['is touched', () => utimesSync(file, 1_000_000, 1_000_000)],
    ['is touched by a microsecond', () => utimesSync(file, 5, 5.000001)],
    ['is deleted', () => rmSync(file)],
    ['becomes a folder', () => replaceByFolder()],
    ['is replaced by one of the same size and time', () => replaceByTwin()],
  ])('is a miss once the file %s', (_, change) => {
    utimesSync(file, 5, 5);
    cache.put(file, metadata);
    expect(cache.get(file)).toEqual(metadata);
    change();
    expect(cache.get(file)).toBeUndefined();
    expect(cache.get(file)).toBeUndefined();
    expect(cache.getStats()).toMatchObject({ hits: 1, misses: 2, totalRequests: 3 });
  });

  function replaceByFolder(): void {
    rmSync(file);
    mkdirSync(file);
  }

  function replaceByTwin(): void {
    const twin = join(folder, 'twin');
    writeFileSync(twin, 'some bytez');
    const { atime, mtime } = statSync(file);
    utimesSync(twin, atime, mtime);
    renameSync(twin, file);
  }

  it('is a miss once a file that was absent is there', () => {
    const absent = join(folder, 'absent.jpg');
    expect(cache.put(absent, metadata)).toBe(true);
    expect(cache.get(absent)).toEqual(metadata);
    writeFileSync(absent, '');
    expect(cache.get(absent)).toBeUndefined();
    expect(cache.put(join(file, 'below-a-file'), metadata)).toBe(true);
    expect(cache.get(join(file, 'below-a-file'))).toEqual(metadata);
  });

  it('know one file by all its paths', () => {
    cache.put(relative(process.cwd(), file), metadata);
    expect(cache.get(file)).toEqual(metadata);
    expect(cache.get(join(folder, 'x', '..', 'test.jpg'))).toEqual(metadata);
    expect(cache.get(`${folder}/./test.jpg`)).toEqual(metadata);
    expect(cache.getStats().memoryCacheSize).toBe(1);
  });

  it('keep tiers apart', () => {
    cache.put(file, { n: 0 });
    cache.put(file, { n: 1 }, 'quick');
    cache.put(file, { n: 2 }, 'full');
    cache.put(file, { n: 3 }, '');
    const read = (tier?: string) => cache.get(file, tier)?.n;
    expect([read(), read('default'), read('quick'), read('full'), read('')]).toEqual([
      0, 0, 1, 2, 3,
    ]);
    expect(cache.get(file, 'other')).toBeUndefined();
    expect(cache.get(`quick:${file}`)).toBeUndefined();
  });

  it('forget after the time to live', async () => {
    using short = make({ cacheTtlHours: 1e-5 });
    short.put(file, metadata);
    await expect.poll(() => short.get(file), { timeout: 20_000 }).toBeUndefined();
    await expect.poll(() => short.getStats().memoryCacheSize, { timeout: 20_000 }).toBe(0);
  });

  it('keep at most maxMemoryEntries', () => {
    using few = make({ maxMemoryEntries: 2 });
    for (const name of ['a', 'b', 'c']) few.put(join(folder, name), { name });
    expect(few.get(join(folder, 'a'))).toBeUndefined();
    expect(few.get(join(folder, 'c'))).toEqual({ name: 'c' });
    expect(few.getStats()).toMatchObject({ memoryCacheSize: 2, evictions: 1 });
  });

  it('refuse what does not fit', () => {
    using small = make({ maxMemoryMb: 1 });
    small.put(file, metadata);
    expect(small.put(file, { huge: 'x'.repeat(2 * MIB) })).toBe(false);
    expect(small.get(file)).toEqual(metadata);
  });
});

describe('paths that lead to no file', () => {
  const isMiss = (path: string) => {
    expect(cache.put(path, metadata)).toBe(false);
    expect(cache.get(path)).toBeUndefined();
    expect(() => cache.invalidateFile(path)).not.toThrow();
    expect(cache.getStats()).toMatchObject({ memoryCacheSize: 0, cacheWrites: 0, tierErrors: 0 });
  };

  it.each<[string, () => string]>([
    ['a folder', () => folder],
    ['the current folder', () => '.'],
    ['a NUL', () => `${file}\0`],
    ['10,000 characters', () => join(folder, 'x'.repeat(10_000))],
    ['200,000 characters in folders', () => join(folder, 'ab/'.repeat(70_000))],
  ])('are a miss: %s', (_, path) => isMiss(path()));

  it.skipIf(onWindows)('are a miss: FIFOs, devices, loops of links', () => {
    execFileSync('mkfifo', [join(folder, 'fifo')]);
    symlinkSync('loop', join(folder, 'loop'));
    for (const path of [join(folder, 'fifo'), join(folder, 'loop'), '/dev/null']) isMiss(path);
  });

  it.skipIf(onWindows)('are a miss: a file in a folder that may not be entered', () => {
    const locked = join(folder, 'locked');
    mkdirSync(locked);
    writeFileSync(join(locked, 'file'), 'x');
    chmodSync(locked, 0);
    // The superuser enters any folder.
    const user = process.geteuid!();
    if (user === 0) process.seteuid!(65_534);
    try {
      isMiss(join(locked, 'file'));
    } finally {
      process.seteuid!(user);
      chmodSync(locked, 0o700);
    }
  });

  it.skipIf(onWindows)('may be links to files', () => {
    symlinkSync('test.jpg', join(folder, 'link'));
    cache.put(join(folder, 'link'), metadata);
    expect(cache.get(join(folder, 'link'))).toEqual(metadata);
    writeFileSync(file, 'other');
    expect(cache.get(join(folder, 'link'))).toBeUndefined();
  });

  it('do not stop fetch', async () => {
    const extract = vi.fn(async () => ({ a: 1 }));
    expect(await cache.fetch(folder, extract)).toEqual({ a: 1 });
    expect(await cache.fetch(folder, extract)).toEqual({ a: 1 });
    expect(extract).toHaveBeenCalledTimes(2);
    expect(await cache.warmCache([folder, file], extract)).toEqual({
      [folder]: false,
      [file]: true,
    });
  });
});

describe('arguments of the wrong kind', () => {
  const typeError = (call: () => unknown) => {
    expect(call).toThrow(TypeError);
    expect(call).toThrow(expect.objectContaining({ code: 'ERR_EBBCACHE_ARGUMENT' }));
  };

  it.each([[undefined], [null], [5]])('are a TypeError: %s', async (wrong) => {
    const bad = wrong as never;
    typeError(() => cache.get(bad));
    typeError(() => cache.put(bad, metadata));
    typeError(() => cache.invalidateFile(bad));
    await expect(cache.fetch(bad, async () => ({}))).rejects.toThrow(TypeError);
    await expect(cache.fetch(file, bad)).rejects.toThrow(TypeError);
    await expect(cache.warmCache(bad, async () => ({}))).rejects.toThrow(TypeError);
    await expect(cache.warmCache([file, bad], async () => ({}))).rejects.toThrow(TypeError);
    await expect(cache.warmCache([file], bad)).rejects.toThrow(TypeError);
    if (wrong === undefined) return;
    typeError(() => cache.get(file, bad));
    typeError(() => cache.put(file, metadata, bad));
    typeError(() => cache.invalidateFile(file, bad));
  });

  it.each([
    [undefined],
    [null],
    ['text'],
    [5],
    [[metadata]],
    [() => metadata],
    [new Map()],
    [new Date()],
    [Buffer.from('a')],
  ])('are a TypeError as metadata: %s', async (wrong) => {
    typeError(() => cache.put(file, wrong as never));
    await expect(cache.fetch(file, () => wrong as never)).rejects.toThrow(TypeError);
    expect(cache.get(file)).toBeUndefined();
  });

  it('are refused as extraction time, tier and concurrency', async () => {
    typeError(() => cache.put(file, metadata, 'full', '5' as never));
    for (const ms of [-1, Number.NaN, Infinity, -Infinity]) {
      expect(() => cache.put(file, metadata, 'full', ms)).toThrow(
        /^extractionTimeMs must be from 0/,
      );
    }
    for (const tier of ['t'.repeat(257), '\ud800']) {
      expect(() => cache.get(file, tier)).toThrow(RangeError);
    }
    for (const concurrency of [0, -1, 1.5, Number.NaN, 1e9]) {
      const warmed = cache.warmCache([file], async () => ({}), { concurrency });
      await expect(warmed).rejects.toThrow(RangeError);
    }
  });

  it('are an EncodeError where metadata cannot be stored', async () => {
    cache.put(file, metadata);
    const bad = { exif: { read: () => 1 } };
    expect(() => cache.put(file, bad)).toThrow(EncodeError);
    expect(() => cache.put(file, bad)).toThrow(expect.objectContaining({ path: 'exif.read' }));
    expect(cache.get(file)).toEqual(metadata);
    cache.invalidateFile(file);
    await expect(cache.fetch(file, () => bad)).rejects.toThrow(EncodeError);
    expect(await cache.warmCache([file], () => bad)).toEqual({ [file]: false });
  });

  it.each<[string, unknown, typeof TypeError | typeof RangeError]>([
    ['null', null, TypeError],
    ['text', 'fast', TypeError],
    ['an empty cacheDir', { cacheDir: '' }, TypeError],
    ['no entries', { maxMemoryEntries: 0 }, RangeError],
    ['entries as text', { maxMemoryEntries: '5' }, TypeError],
    ['NaN memory', { maxMemoryMb: Number.NaN }, RangeError],
    ['endless memory', { maxMemoryMb: Number.POSITIVE_INFINITY }, RangeError],
    ['no memory', { maxMemoryMb: 0 }, RangeError],
    ['a negative disk', { maxDiskSizeMb: -1 }, RangeError],
    ['a ttl of 0', { cacheTtlHours: 0 }, RangeError],
    ['compression as number', { enableCompression: 1 }, TypeError],
    ['monitoring as text', { enableMemoryPressureMonitoring: 'yes' }, TypeError],
    ['a policy that is none', { policy: 'random' }, RangeError],
    ['a preset that is none', { preset: 'toString' }, RangeError],
    ['a monitor that is none', { monitor: {} }, TypeError],
    ['a logger that is none', { logger: { warn() {} } }, TypeError],
  ])('are refused as options: %s', (_, options, ErrorClass) => {
    const call = () => new EnhancedMetadataCache(options as EnhancedCacheOptions);
    expect(call).toThrow(ErrorClass);
    expect(call).toThrow(expect.objectContaining({ code: 'ERR_EBBCACHE_ARGUMENT' }));
  });
});

describe('forgetting', () => {
  it('is of one tier, of a file, or of all', () => {
    const other = join(folder, 'other.jpg');
    for (const path of [file, other]) {
      for (const tier of ['default', 'quick', 'full']) cache.put(path, metadata, tier);
    }
    cache.invalidateFile(file, 'quick');
    expect(cache.get(file, 'quick')).toBeUndefined();
    expect(cache.get(file, 'full')).toEqual(metadata);
    cache.invalidateFile(relative(process.cwd(), file));
    expect(cache.get(file)).toBeUndefined();
    expect(cache.get(file, 'full')).toBeUndefined();
    expect(cache.get(other, 'quick')).toEqual(metadata);
    cache.invalidateFile(join(folder, 'never seen'));
    expect(cache.getStats()).toMatchObject({ cacheInvalidations: 3, memoryCacheSize: 3 });
    cache.clearAll();
    expect(cache.get(other)).toBeUndefined();
    expect(cache.getStats()).toMatchObject({ memoryCacheSize: 0, cacheWrites: 6 });
    expect(cache.put(other, metadata)).toBe(true);
  });
});

describe('sizes', () => {
  it('are those of the presets', () => {
    expect(presets).toEqual({
      development: { maxMemoryEntries: 100, maxDiskSizeMb: 50 },
      staging: { maxMemoryEntries: 500, maxDiskSizeMb: 200 },
      production: { maxMemoryEntries: 2000, maxDiskSizeMb: 1000 },
      constrained: { maxMemoryEntries: 200, maxDiskSizeMb: 100 },
    });
  });

  it.each<[EnhancedCacheOptions, number | undefined, number]>([
    [{}, undefined, 200],
    [{ preset: 'staging' }, 500, 200],
    [{ preset: 'development' }, 100, 50],
    [{ preset: 'production' }, 2000, 1000],
    [{ preset: 'constrained', maxMemoryEntries: 5 }, 5, 100],
    [{ preset: 'production', maxMemoryEntries: undefined }, 2000, 1000],
    [{ maxMemoryEntries: 9, maxDiskSizeMb: 0 }, 9, 0],
  ])('of %j are %i entries and %i MiB on disk', (options, entries, diskMb) => {
    using sized = new EnhancedMetadataCache({ ...options, cacheDir: folder });
    const info = sized.getDetailedInfo();
    expect(info.memoryCache.maxEntries).toBe(entries);
    expect(info.diskCache.maxSizeMb).toBe(diskMb);
  });

  it('of memory are a sixteenth of what there is, 16 to 512 MiB', () => {
    const { systemTotalMb } = new MemoryPressureMonitor().sample();
    const { maxBytes, budgetBytes } = cache.getDetailedInfo().memoryCache;
    expect(maxBytes).toBe(Math.floor(Math.min(Math.max(systemTotalMb / 16, 16), 512) * MIB));
    expect(budgetBytes).toBe(maxBytes);
    using fixed = make({ maxMemoryMb: 3 });
    expect(fixed.getDetailedInfo().memoryCache.maxBytes).toBe(3 * MIB);
  });
});

describe('statistics', () => {
  it('count and have every number', () => {
    cache.put(file, metadata);
    for (let i = 0; i < 3; i++) cache.get(file);
    cache.get(join(folder, 'absent'));
    expect(cache.getStats()).toEqual({
      hits: 3,
      misses: 1,
      totalRequests: 4,
      hitRatePercent: 75,
      memoryHits: 3,
      diskHits: 0,
      remoteHits: 0,
      evictions: 0,
      evictionsByEntries: 0,
      cacheWrites: 1,
      cacheInvalidations: 0,
      tierErrors: 0,
      memoryCacheSize: 1,
      memoryBytes: expect.any(Number),
      memoryPayloadBytes: expect.any(Number),
      memoryBudgetBytes: expect.any(Number),
      memoryBound: 'bytes',
      diskEntries: 0,
      diskBytes: 0,
      diskEvictions: 0,
      diskDrops: 0,
      pressureEvents: 0,
      pressureEvictions: 0,
      pressureCauses: {
        elevated: { events: 0, evictions: 0 },
        high: { events: 0, evictions: 0 },
        critical: { events: 0, evictions: 0 },
        request: { events: 0, evictions: 0 },
      },
      adaptiveAdjustments: 0,
    });
    expect(make().getStats().hitRatePercent).toBe(0);
  });

  it('have details that are plain data', async () => {
    using monitored = make({
      enableMemoryPressureMonitoring: true,
      maxMemoryMb: 4,
      maxDiskSizeMb: 200,
      cacheDir: folder,
    });
    await monitored.flush();
    const info = monitored.getDetailedInfo();
    expect(info).toEqual({
      statistics: monitored.getStats(),
      memoryCache: {
        entries: 0,
        bytes: expect.any(Number),
        budgetBytes: expect.any(Number),
        maxBytes: 4 * MIB,
        bound: 'bytes',
        usagePercent: expect.any(Number),
      },
      diskCache: {
        enabled: true,
        available: true,
        entries: 0,
        sizeMb: expect.any(Number),
        maxSizeMb: 200,
        usagePercent: expect.any(Number),
        path: folder,
      },
      remoteCache: { enabled: false, connected: false },
      configuration: expect.objectContaining({ maxMemoryMb: 4, maxDiskSizeMb: 200 }),
      memoryHistory: expect.any(Array),
    });
    expect(info.configuration).not.toHaveProperty('maxMemoryEntries');
    expect(info.memoryHistory[0]).toEqual({
      timestamp: expect.stringMatching(/^\d{4}-.+Z$/),
      systemPercent: expect.any(Number),
      availableMb: expect.any(Number),
      pressureLevel: expect.stringMatching(/^[A-Z]+$/),
    });
    expect(JSON.parse(JSON.stringify(info))).toEqual(info);
    expect(info.statistics.memoryPressure).toHaveProperty('system.percent');
  });
});

describe('tiers', () => {
  it('are bounded, because they are listed outside the budget', () => {
    for (let i = 0; i < 64; i++) expect(cache.put(file, metadata, `tier${i}`)).toBe(true);
    expect(() => cache.put(file, metadata, 'one more')).toThrow(RangeError);
    expect(cache.put(file, metadata)).toBe(true);
    expect(cache.put(file, metadata, 'tier3')).toBe(true);
    expect(cache.get(file, 'one more')).toBeUndefined();
    cache.invalidateFile(file);
    expect(cache.getStats().memoryCacheSize).toBe(0);
    cache.clearAll();
    expect(cache.put(file, metadata, 'one more')).toBe(true);
  });
});

describe('fetch', () => {
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

  it('extracts once for a thousand who ask at the same time', async () => {
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

  it('keeps tiers and files apart', async () => {
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

  it('gives a failure to all who wait, and does not keep it', async () => {
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

  it('lets one leave, and aborts the extraction when all have left', async () => {
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

  it('does not keep metadata of a file that changed meanwhile', async () => {
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

  it('ends well when the cache is shut down meanwhile', async () => {
    const { promise, resolve } = deferred<Metadata>();
    const waiting = cache.fetch(file, () => promise);
    cache.shutdown();
    resolve(metadata);
    await expect(waiting).rejects.toThrow(ClosedError);
  });

  it.each([
    ['invalidateFile', () => cache.invalidateFile(file)],
    ['clearAll', () => cache.clearAll()],
  ])('does not keep what was under way at %s', async (_, forget) => {
    const { promise, resolve } = deferred<Metadata>();
    const quick = cache.fetch(file, () => promise, { tier: 'quick' });
    const plain = cache.fetch(file, () => promise);
    forget();
    resolve(metadata);
    expect(await Promise.all([quick, plain])).toEqual([metadata, metadata]);
    expect(cache.get(file)).toBeUndefined();
    expect(cache.get(file, 'quick')).toBeUndefined();
  });

  it('refuses options that are none', async () => {
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

describe('warmCache', () => {
  it('extracts what is missing, some at a time, and tells of it', async () => {
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

  it('takes no paths, the same ones, and a tier', async () => {
    expect(await cache.warmCache([], () => metadata)).toEqual({});
    const extract = vi.fn(() => metadata);
    const warmed = await cache.warmCache([file, file, file], extract, { tier: 'full' });
    expect(warmed).toEqual({ [file]: true });
    expect(extract).toHaveBeenCalledTimes(1);
    expect(cache.get(file)).toBeUndefined();
    expect(cache.get(file, 'full')).toEqual(metadata);
  });

  it('says what is in the cache for the file as it is now', async () => {
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

  it('survives a logger that throws', async () => {
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

describe('memory pressure', () => {
  it('is not watched when that is off', () => {
    expect(cache.enableMemoryPressureMonitoring).toBe(false);
    expect(cache.getMemoryStatus()).toEqual({ available: false });
    expect(cache.getStats()).not.toHaveProperty('memoryPressure');
    expect(cache.getDetailedInfo().memoryHistory).toEqual([]);
  });

  it('is watched by default', () => {
    using monitored = new EnhancedMetadataCache();
    expect(monitored.enableMemoryPressureMonitoring).toBe(true);
    expect(monitored.getMemoryStatus()).toHaveProperty('system.totalMb');
    expect(monitored.getDetailedInfo().memoryHistory.length).toBeGreaterThan(0);
  });

  it.runIf(onLinux)('makes the memory tier shrink, and is counted', () => {
    const machine = new FakeMemory(folder);
    const monitor = new MemoryPressureMonitor(machine);
    using pressed = new EnhancedMetadataCache({
      monitor,
      maxMemoryMb: 2,
      maxMemoryEntries: 10_000,
    });
    const sampleAt = (percent: number) => {
      machine.use(percent);
      monitor.sample();
      return pressed.getStats();
    };
    for (let i = 0; i < 4000; i++) pressed.put(join(folder, `${i}`), { text: 'x'.repeat(600) });
    const full = sampleAt(50);
    expect(full).toMatchObject({ pressureEvents: 0, adaptiveAdjustments: 0 });
    expect(full.memoryBytes).toBeGreaterThan(1.5 * MIB);
    const high = sampleAt(90);
    expect(high.memoryBytes).toBeLessThanOrEqual(MIB);
    expect(high).toMatchObject({ pressureEvents: 1, adaptiveAdjustments: 1 });
    expect(high.pressureEvictions).toBeGreaterThan(500);
    expect(high.memoryPressure).toMatchObject({ pressureLevel: 'HIGH', underPressure: true });
    expect(pressed.get(join(folder, '3999'))).toBeDefined();
    const critical = sampleAt(97);
    expect(critical).toMatchObject({ pressureEvents: 2, adaptiveAdjustments: 2 });
    expect(critical.memoryCacheSize).toBe(0);
    expect(critical.pressureEvictions).toBe(full.memoryCacheSize);
    const calm = sampleAt(50);
    expect(calm).toMatchObject({ pressureEvents: 2, adaptiveAdjustments: 2 });
    expect(pressed.put(file, metadata)).toBe(true);
    expect(pressed.get(file)).toEqual(metadata);
    const levels = pressed.getDetailedInfo().memoryHistory.map((sample) => sample.pressureLevel);
    expect(levels).toEqual(['NORMAL', 'HIGH', 'CRITICAL', 'NORMAL']);
  });

  it.runIf(onLinux)('holds the memory tier down as long as it lasts', () => {
    const machine = new FakeMemory(folder);
    machine.use(97);
    const monitor = new MemoryPressureMonitor(machine);
    monitor.sample();
    // Made under pressure already.
    using pressed = new EnhancedMetadataCache({
      monitor,
      maxMemoryMb: 2,
      maxMemoryEntries: 10_000,
    });
    expect(pressed.getStats().pressureEvents).toBe(1);
    for (let i = 0; i < 4000; i++) pressed.put(join(folder, `${i}`), { text: 'x'.repeat(600) });
    monitor.sample();
    expect(pressed.getStats()).toMatchObject({ pressureEvents: 1, memoryCacheSize: 0 });
  });

  it.runIf(onLinux)('is not heard of after the shutdown', () => {
    const machine = new FakeMemory(folder);
    const monitor = new MemoryPressureMonitor(machine);
    const pressed = new EnhancedMetadataCache({ monitor });
    expect(monitor.listenerCount('sample')).toBe(1);
    expect(monitor.monitoring).toBe(false);
    pressed.shutdown();
    expect(monitor.listenerCount('sample')).toBe(0);
  });

  it.runIf(onLinux)('may be unknown', () => {
    const machine = new FakeMemory(folder);
    machine.break();
    using blind = new EnhancedMetadataCache({ monitor: new MemoryPressureMonitor(machine) });
    expect(blind.getMemoryStatus()).toEqual({ available: false });
    expect(blind.getStats()).not.toHaveProperty('memoryPressure');
    expect(blind.put(file, metadata)).toBe(true);
    expect(blind.get(file)).toEqual(metadata);
  });
});

describe('shutdown', () => {
  it('makes every other call a ClosedError', async () => {
    cache.put(file, metadata);
    cache.shutdown();
    cache.shutdown();
    cache[Symbol.dispose]();
    const calls = [
      () => cache.get(file),
      () => cache.put(file, metadata),
      () => cache.invalidateFile(file),
      () => cache.clearAll(),
      () => cache.getStats(),
      () => cache.getDetailedInfo(),
      () => cache.getMemoryStatus(),
    ];
    for (const call of calls) expect(call).toThrow(ClosedError);
    await expect(cache.fetch(file, () => metadata)).rejects.toThrow(ClosedError);
    await expect(cache.warmCache([file], () => metadata)).rejects.toThrow(ClosedError);
    expect(cache.enableMemoryPressureMonitoring).toBe(false);
  });
});
