import {
  mkdirSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join, relative } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { ClosedError } from '../lib/errors/errors.js';
import { MemoryPressureMonitor } from '../lib/memory/memory-pressure-monitor.js';
import { EnhancedMetadataCache } from '../lib/metadata/enhanced-metadata-cache.js';
import type { EnhancedCacheOptions } from '../lib/metadata/enhanced-options.js';
import { getEnhancedCache, shutdownEnhancedCache } from '../lib/metadata/global-cache.js';
import { presets } from '../lib/metadata/presets.js';
import { cache, file, folder, make, metadata } from './helpers/enhanced-cache.js';
import { FakeMemory } from './helpers/fake-memory.js';

const onLinux = process.platform === 'linux';
const MIB = 1024 * 1024;
describe('the function getEnhancedCache', () => {
  it.each([true, false])('caches metadata of an existing file: %s', (there) => {
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

  it('returns one object until it is shut down', () => {
    const cache = getEnhancedCache({ maxMemoryEntries: 7 });
    expect(getEnhancedCache()).toBe(cache);
    cache.put(file, metadata);
    shutdownEnhancedCache();
    shutdownEnhancedCache();
    expect(() => cache.get(file)).toThrow(ClosedError);
    const next = getEnhancedCache();
    expect(next).not.toBe(cache);
    // This record comes from the disk.
    expect(next.get(file)).toEqual(metadata);
    expect(next.getStats()).toMatchObject({ memoryHits: 0, diskHits: 1 });
    expect(next.getDetailedInfo().memoryCache).not.toHaveProperty('maxEntries');
  });

  it('refuses invalid options, at any call', () => {
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

describe('get and put of an EnhancedMetadataCache', () => {
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
  ])('miss once the file %s', (_, change) => {
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

  it('miss once a file that was absent exists', () => {
    const absent = join(folder, 'absent.jpg');
    expect(cache.put(absent, metadata)).toBe(true);
    expect(cache.get(absent)).toEqual(metadata);
    writeFileSync(absent, '');
    expect(cache.get(absent)).toBeUndefined();
    expect(cache.put(join(file, 'below-a-file'), metadata)).toBe(true);
    expect(cache.get(join(file, 'below-a-file'))).toEqual(metadata);
  });

  it('recognise one file by all its paths', () => {
    cache.put(relative(process.cwd(), file), metadata);
    expect(cache.get(file)).toEqual(metadata);
    expect(cache.get(join(folder, 'x', '..', 'test.jpg'))).toEqual(metadata);
    expect(cache.get(`${folder}/./test.jpg`)).toEqual(metadata);
    expect(cache.getStats().memoryCacheSize).toBe(1);
  });

  it('distinguish tiers', () => {
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

  it('expire records after the time to live', async () => {
    using short = make({ cacheTtlHours: 1e-5 });
    short.put(file, metadata);
    await expect.poll(() => short.get(file), { timeout: 20_000 }).toBeUndefined();
    await expect.poll(() => short.getStats().memoryCacheSize, { timeout: 20_000 }).toBe(0);
  });

  it('hold at most maxMemoryEntries', () => {
    using few = make({ maxMemoryEntries: 2 });
    for (const name of ['a', 'b', 'c']) few.put(join(folder, name), { name });
    expect(few.get(join(folder, 'a'))).toBeUndefined();
    expect(few.get(join(folder, 'c'))).toEqual({ name: 'c' });
    expect(few.getStats()).toMatchObject({ memoryCacheSize: 2, evictions: 1 });
  });

  it('refuse records that do not fit', () => {
    using small = make({ maxMemoryMb: 1 });
    small.put(file, metadata);
    expect(small.put(file, { huge: 'x'.repeat(2 * MIB) })).toBe(false);
    expect(small.get(file)).toEqual(metadata);
  });
});

describe('the invalidation of records', () => {
  it('covers one tier, a file, or all', () => {
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

describe('the sizes of an EnhancedMetadataCache', () => {
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
  ])('are, for %j, %i entries and %i MiB on disk', (options, entries, diskMb) => {
    using sized = new EnhancedMetadataCache({ ...options, cacheDir: folder });
    const info = sized.getDetailedInfo();
    expect(info.memoryCache.maxEntries).toBe(entries);
    expect(info.diskCache.maxSizeMb).toBe(diskMb);
  });

  it('default to a sixteenth of memory, from 16 to 512 MiB', () => {
    const { systemTotalMb } = new MemoryPressureMonitor().sample();
    const { maxBytes, budgetBytes } = cache.getDetailedInfo().memoryCache;
    expect(maxBytes).toBe(Math.floor(Math.min(Math.max(systemTotalMb / 16, 16), 512) * MIB));
    expect(budgetBytes).toBe(maxBytes);
    using fixed = make({ maxMemoryMb: 3 });
    expect(fixed.getDetailedInfo().memoryCache.maxBytes).toBe(3 * MIB);
  });
});

describe('the statistics of an EnhancedMetadataCache', () => {
  it('count, and include every number', () => {
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
      hotValues: 0,
      hotValueBytes: 0,
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

describe('the tiers of a file', () => {
  it('are bounded in number, because their list is outside the budget', () => {
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

describe('memory pressure on an EnhancedMetadataCache', () => {
  it('is not monitored when monitoring is off', () => {
    expect(cache.enableMemoryPressureMonitoring).toBe(false);
    expect(cache.getMemoryStatus()).toEqual({ available: false });
    expect(cache.getStats()).not.toHaveProperty('memoryPressure');
    expect(cache.getDetailedInfo().memoryHistory).toEqual([]);
  });

  it('is monitored by default', () => {
    using monitored = new EnhancedMetadataCache();
    expect(monitored.enableMemoryPressureMonitoring).toBe(true);
    expect(monitored.getMemoryStatus()).toHaveProperty('system.totalMb');
    expect(monitored.getDetailedInfo().memoryHistory.length).toBeGreaterThan(0);
  });

  it.runIf(onLinux)('shrinks the memory tier, and is counted', () => {
    const machine = new FakeMemory(folder);
    const monitor = new MemoryPressureMonitor(machine);
    using pressed = new EnhancedMetadataCache({
      monitor,
      maxMemoryMb: 2,
      maxMemoryEntries: 10_000,
      enableCompression: false,
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

  it.runIf(onLinux)('limits the memory tier for as long as it lasts', () => {
    const machine = new FakeMemory(folder);
    machine.use(97);
    const monitor = new MemoryPressureMonitor(machine);
    monitor.sample();
    // This cache is opened under pressure.
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

  it.runIf(onLinux)('is not handled after the shutdown', () => {
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

describe('the shutdown of an EnhancedMetadataCache', () => {
  it('makes every other call throw a ClosedError', async () => {
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
