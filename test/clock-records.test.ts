// Tests that records of files expire by the clock of their cache, in all tiers.

import { describe, expect, it, vi } from 'vitest';
import { CacheClock } from '../lib/arena/cache-clock.js';
import {
  type AdvancedCacheOptions,
  type AdvancedMetadataCache,
  EnhancedMetadataCache,
} from '../lib/index.js';
import { Freshness } from '../lib/tiers/freshness.js';
import { Caches } from './helpers/caches.js';
import { FakeRemote, FakeServer } from './helpers/fake-remote.js';

const HOUR = 3_600_000;
const START = 1_000_000;

const caches = new Caches();
const time = { now: START };
const clock = () => time.now;

function make(options: AdvancedCacheOptions = {}): AdvancedMetadataCache {
  time.now = START;
  return caches.make({ clock, cacheTtlHours: 1, ...options });
}

/** The tier from which a record that was put is read. */
const places: [string, (cache: AdvancedMetadataCache, options: AdvancedCacheOptions) => unknown][] =
  [
    ['memory', (cache) => cache],
    [
      'the disk',
      (cache, options) => caches.restart(cache, { clock, cacheTtlHours: 1, ...options }),
    ],
  ];

describe.each(places)('a record in %s', (_, move) => {
  const at = (cache: AdvancedMetadataCache, options: AdvancedCacheOptions = {}) =>
    move(cache, options) as AdvancedMetadataCache;

  it.each([
    ['an hour less a millisecond later', HOUR - 1, true],
    ['an hour later', HOUR, false],
    // The time to live of an hour is known to within a 4096th.
    ['a second before it was put', -1000, false],
    ['years before it was put', -5 * 365 * 24 * HOUR, false],
  ])('expires by the clock: %s', async (_when, later, isThere) => {
    let cache = make();
    cache.put(caches.file, { n: 1 });
    cache = at(cache);
    time.now += later;
    const found = isThere ? { n: 1 } : undefined;
    expect(cache.has(caches.file)).toBe(isThere);
    expect(cache.peek(caches.file)).toEqual(found);
    expect(cache.getMany([caches.file])).toEqual([found]);
    expect(cache.get(caches.file)).toEqual(found);
    expect([...cache.keys()]).toHaveLength(isThere ? 1 : 0);
    const extract = vi.fn(async () => ({ n: 2 }));
    expect(await cache.fetch(caches.file, extract)).toEqual(found ?? { n: 2 });
    expect(extract).toHaveBeenCalledTimes(isThere ? 0 : 1);
    expect(cache.get(caches.file)).toEqual(found ?? { n: 2 });
  });

  it('has the time to live that it was put with', () => {
    let cache = make();
    cache.put(caches.file, { n: 1 }, { ttlSeconds: 7200 });
    cache = at(cache);
    time.now += 2 * HOUR - 1;
    expect(cache.get(caches.file)).toEqual({ n: 1 });
    time.now += 1;
    expect(cache.get(caches.file)).toBeUndefined();
  });

  it('is returned once more while it is stale by the clock', async () => {
    const options = { staleWhileRevalidateSeconds: 60 };
    let cache = make(options);
    cache.put(caches.file, { n: 1 });
    cache = at(cache, options);
    time.now += HOUR + 59_999;
    const extract = vi.fn(async () => ({ n: 2 }));
    expect(cache.get(caches.file)).toBeUndefined();
    expect(cache.has(caches.file)).toBe(false);
    expect(await cache.fetch(caches.file, extract)).toEqual({ n: 1 });
    await expect.poll(() => cache.get(caches.file)).toEqual({ n: 2 });
    time.now += HOUR + 60_000;
    expect(await cache.fetch(caches.file, async () => ({ n: 3 }))).toEqual({ n: 3 });
  });
});

it('a cache without a clock follows fake timers', () => {
  vi.useFakeTimers();
  try {
    const cache = caches.make({ cacheTtlHours: 1 });
    cache.put(caches.file, { n: 1 });
    vi.advanceTimersByTime(HOUR - 1);
    expect(cache.get(caches.file)).toEqual({ n: 1 });
    vi.advanceTimersByTime(1);
    expect(cache.get(caches.file)).toBeUndefined();
    expect(cache.getStats().memoryCacheSize).toBe(0);
  } finally {
    vi.useRealTimers();
  }
});

it('a cache retains a failure for as long as the clock says', async () => {
  const cache = make({ negativeTtlSeconds: 30 });
  const extract = vi.fn(async () => Promise.reject(new Error('broken file')));
  const tries = async () => {
    await expect(cache.fetch(caches.file, extract)).rejects.toThrow('broken file');
    return extract.mock.calls.length;
  };
  expect(await tries()).toBe(1);
  time.now += 29_999;
  expect(await tries()).toBe(1);
  time.now += 1;
  expect(await tries()).toBe(2);
  time.now -= 1;
  expect(await tries()).toBe(3);
});

it('a cache judges records of the remote tier by the clock', async () => {
  const server = new FakeServer();
  const options = { maxDiskSizeMb: 0, clock, cacheTtlHours: 1 };
  time.now = START;
  const writer = caches.make({ ...options, remote: new FakeRemote(server) });
  writer.put(caches.file, { n: 1 });
  const read = () =>
    caches
      .make({ ...options, remote: new FakeRemote(server) })
      .fetch(caches.file, async () => ({ n: 2 }));
  time.now += HOUR - 1;
  expect(await read()).toEqual({ n: 1 });
  writer.put(caches.file, { n: 1 });
  time.now += HOUR;
  expect(await read()).toEqual({ n: 2 });
});

it('a cache leaves its clock out of its reported configuration, and refuses an invalid one', () => {
  using cache = new EnhancedMetadataCache({
    cacheDir: caches.cacheDir,
    enableMemoryPressureMonitoring: false,
    clock,
  });
  expect(cache.getDetailedInfo().configuration).not.toHaveProperty('clock');
  expect(() => caches.make({ clock: 5 as never })).toThrow(
    expect.objectContaining({ name: 'TypeError', code: 'ERR_EBBCACHE_ARGUMENT' }),
  );
});

describe('the freshness of a record', () => {
  it('is in doubt where the clock is earlier than it was', () => {
    const freshness = new Freshness(new CacheClock(clock), HOUR);
    time.now = START;
    const end = freshness.endOf(HOUR);
    // Another cache may have given it more time.
    expect(freshness.isLeft(START + 3 * HOUR, freshness.now())).toBe(true);
    time.now = START - 1;
    expect(freshness.isLeft(end, freshness.now())).toBe(false);
    expect(freshness.isLeft(end - 1, freshness.now())).toBe(true);
    time.now = START;
    expect(freshness.isLeft(end, freshness.now())).toBe(true);
    expect(freshness.isLeft(START + 3 * HOUR, freshness.now())).toBe(true);
  });

  it('depends on the longest time to live that the cache has used', () => {
    const freshness = new Freshness(new CacheClock(clock), HOUR);
    time.now = START;
    const end = freshness.endOf(2 * HOUR);
    time.now += 10;
    freshness.now();
    time.now -= 10;
    expect(freshness.isLeft(end, freshness.now())).toBe(true);
    expect(freshness.isLeft(end + 1, freshness.now())).toBe(false);
    expect(freshness.isLeft(time.now, freshness.now())).toBe(false);
  });
});
