// Tests that the time to live follows the clock of a cache, or whatever has replaced Date.now.

import { once } from 'node:events';
import { mock } from 'node:test';
import { Worker } from 'node:worker_threads';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { ArenaCache, type ArenaCacheOptions, ClosedError, PressureLevel } from '../lib/index.js';
import { native } from '../lib/native/addon.js';
import { DiskArenas } from './helpers/disk-arenas.js';
import { packageUrl } from './helpers/run-script.js';

const MIB = 1024 * 1024;
const START = 1_000_000;
const TTL = 1000;

const arenas = new DiskArenas();
const opened: ArenaCache[] = [];

afterEach(() => {
  for (const cache of opened.splice(0)) cache.close();
  // A warning suppresses others with its code for a minute.
  native.forgetWarnings();
  vi.useRealTimers();
  vi.restoreAllMocks();
});

function open<V = number>(options: Partial<ArenaCacheOptions> = {}): ArenaCache<V> {
  const cache = new ArenaCache<V>({ maxBytes: MIB, ebb: false, ...options });
  opened.push(cache as ArenaCache);
  return cache;
}

/** Opens a cache with a clock that the test sets. */
function timed(options: Partial<ArenaCacheOptions> = {}) {
  const time = { now: START };
  return { time, cache: open({ ...options, clock: () => time.now }) };
}

const reads: [string, (cache: ArenaCache<number>) => unknown, there: unknown, gone: unknown][] = [
  ['get', (cache) => cache.get('k'), 1, undefined],
  ['peek', (cache) => cache.peek('k'), 1, undefined],
  ['has', (cache) => cache.has('k'), true, false],
  ['getBytes', (cache) => cache.getBytes('k'), Buffer.from([1]), undefined],
  ['getMany', (cache) => cache.getMany(['k']), [1], [undefined]],
  ['keys', (cache) => [...cache.keys()], ['k'], []],
  ['entries', (cache) => [...cache.entries()], [['k', 1]], []],
  ['delete', (cache) => cache.delete('k'), true, false],
  ['size', (cache) => cache.size, 1, 0],
  ['stats', (cache) => cache.stats().entries, 1, 0],
  ['fetch', (cache) => cache.fetch('k', () => 2), 1, 2],
];

const writes: [string, (cache: ArenaCache<number>) => unknown][] = [
  ['set', (cache) => cache.set('k', 1, { ttl: TTL })],
  ["set by the cache's own time to live", (cache) => cache.set('k', 1)],
  ['setMany', (cache) => cache.setMany([['k', 1]], { ttl: TTL })],
  ['setBytes', (cache) => cache.setBytes('k', Buffer.from([1]), { ttl: TTL })],
  ['fetch', (cache) => cache.fetch('k', () => 1, { ttl: TTL })],
];

const clockWarning = { type: 'EbbcacheWarning', code: 'EBBCACHE_CLOCK' };

describe('a cache with a clock', () => {
  it.each(reads)(
    'returns exactly the entries that are live by it: %s',
    async (_, read, there, gone) => {
      for (const [later, expected] of [
        [TTL - 1, there],
        [TTL, gone],
        [-1, gone],
      ] as const) {
        const { cache, time } = timed();
        cache.set('k', 1, { ttl: TTL });
        time.now += later;
        expect(await read(cache)).toEqual(expected);
      }
    },
  );

  it.each(writes)('starts the time to live at its time: %s', async (_, write) => {
    const { cache, time } = timed({ ttl: TTL });
    time.now += 5000;
    await write(cache);
    time.now += TTL - 1;
    expect(cache.peek('k')).toBe(1);
    time.now += 1;
    expect(cache.peek('k')).toBeUndefined();
  });

  it('counts expired entries at once', () => {
    const { cache, time } = timed();
    cache.setMany(
      [...Array(500).keys()].map((i) => [`k${i}`, i]),
      { ttl: TTL },
    );
    cache.setMany(
      [...Array(100).keys()].map((i) => [`long${i}`, i]),
      { ttl: 2 * TTL },
    );
    expect(cache.stats()).toMatchObject({ entries: 600, expirations: 0 });
    time.now += TTL;
    expect(cache.stats()).toMatchObject({ entries: 100, expirations: 500 });
    time.now = START - 1;
    expect(cache.stats()).toMatchObject({ entries: 0, expirations: 600 });
  });

  it('detects from the time to live of each entry that it was set back', () => {
    const { cache, time } = timed();
    cache.set('short', 1, { ttl: TTL });
    cache.set('none', 2);
    time.now += 10;
    cache.set('long', 3, { ttl: 60_000 });
    time.now -= 5;
    expect(cache.getMany(['short', 'none', 'long'])).toEqual([1, 2, undefined]);
    time.now -= 6;
    expect(cache.getMany(['short', 'none', 'long'])).toEqual([undefined, 2, undefined]);
  });

  it.each([
    ['before 1970', -1_000_000],
    ['around 1970', -500],
    ['fractions', 0.75],
    ['the year 2500', 16_725_225_600_000],
  ])('accepts any time: %s', (_, start) => {
    const { cache, time } = timed();
    time.now = start;
    cache.set('k', 1, { ttl: TTL });
    time.now = start + TTL - 1;
    expect(cache.get('k')).toBe(1);
    time.now = start + TTL;
    expect(cache.get('k')).toBeUndefined();
  });

  it('refuses a clock that is not a function', () => {
    for (const clock of [5, null, 'now', {}] as never[]) {
      expect(() => open({ clock })).toThrow(
        expect.objectContaining({ name: 'TypeError', code: 'ERR_EBBCACHE_ARGUMENT' }),
      );
    }
  });

  it.each([
    [
      'throws',
      () => {
        throw new Error('no time');
      },
    ],
    ['gives NaN', () => Number.NaN],
    ['gives Infinity', () => Number.POSITIVE_INFINITY],
    ['gives a text', () => '5' as never],
    ['gives nothing', () => undefined as never],
  ])('uses the last valid time of a clock that %s, and warns once', (_, broken) => {
    const warn = vi.spyOn(process, 'emitWarning').mockReturnValue(undefined);
    let read = () => START;
    const cache = open({ clock: () => read() });
    cache.set('k', 1, { ttl: TTL });
    read = broken;
    expect(cache.get('k')).toBe(1);
    expect(cache.get('k')).toBe(1);
    expect(warn.mock.calls).toEqual([[expect.stringContaining('finite'), clockWarning]]);
    read = () => START + TTL;
    expect(cache.get('k')).toBeUndefined();
  });

  it("uses the system's time until its clock has returned a valid one", () => {
    vi.spyOn(process, 'emitWarning').mockReturnValue(undefined);
    let read = () => Number.NaN;
    const cache = open({ clock: () => read() });
    cache.set('k', 1, { ttl: 3_600_000 });
    read = () => Date.now() + 1_800_000;
    expect(cache.get('k')).toBe(1);
    read = () => Date.now() + 3_700_000;
    expect(cache.get('k')).toBeUndefined();
  });

  it('may be closed by its clock', () => {
    const { cache, time } = timed();
    cache.set('k', 1);
    Object.defineProperty(time, 'now', {
      get() {
        cache.close();
        return START;
      },
    });
    expect(() => cache.get('k')).toThrow(ClosedError);
  });

  it('applies it for all who share the store, until it is closed', () => {
    const other = open({ name: 'timed' });
    other.set('own', 1, { ttl: 3_600_000 });
    const { cache, time } = timed({ name: 'timed' });
    time.now = Date.now() + 7_200_000;
    expect(cache.has('own')).toBe(false);
    cache.set('k', 1, { ttl: TTL });
    expect(other.get('k')).toBe(1);
    time.now += TTL;
    expect(cache.stats().entries).toBe(0);
    cache.set('k', 2, { ttl: TTL });
    expect(other.get('k')).toBe(2);
    cache.close();
    expect(other.get('k')).toBeUndefined();
    other.set('own', 1, { ttl: 3_600_000 });
    expect(other.get('own')).toBe(1);
  });

  it('applies it for a worker that shares the store', async () => {
    const { cache, time } = timed({ name: 'timed threads' });
    cache.set('k', 1, { ttl: TTL });
    const worker = new Worker(
      `import(${JSON.stringify(packageUrl)}).then(({ ArenaCache }) => {
        const { parentPort } = require('node:worker_threads');
        const cache = new ArenaCache({ maxBytes: ${MIB}, name: 'timed threads', ebb: false });
        parentPort.on('message', () => parentPort.postMessage([cache.get('k')]));
        parentPort.postMessage('ready');
      });`,
      { eval: true },
    );
    try {
      await once(worker, 'message');
      const ask = async () => {
        worker.postMessage('ask');
        return (await once(worker, 'message'))[0];
      };
      expect(await ask()).toEqual([1]);
      time.now += TTL;
      expect(cache.has('none')).toBe(false);
      expect(await ask()).toEqual([undefined]);
    } finally {
      await worker.terminate();
    }
  });
});

describe('a cache with a clock and a disk tier', () => {
  const emptyMemory = (cache: ArenaCache) => cache.applyPressure(PressureLevel.CRITICAL);

  it.each([
    ['waits to be written', async () => {}],
    ['is written', async (cache: ArenaCache) => void (await cache.flush())],
    [
      'is on disk alone',
      async (cache: ArenaCache) => {
        await cache.flush();
        emptyMemory(cache);
      },
    ],
    [
      'was promoted',
      async (cache: ArenaCache) => {
        await cache.flush();
        emptyMemory(cache);
        expect(cache.get('k')).toBe(1);
      },
    ],
  ])('expires by the clock an entry that %s', async (_, prepare) => {
    for (const [later, isThere] of [
      [TTL - 1, true],
      [TTL, false],
      [-1, false],
    ] as const) {
      const time = { now: START };
      const cache = arenas.open({ clock: () => time.now });
      cache.set('k', 1, { ttl: TTL });
      await prepare(cache);
      time.now += later;
      expect(cache.has('k')).toBe(isThere);
      expect([...cache.keys()]).toEqual(isThere ? ['k'] : []);
      expect(cache.peek('k')).toBe(isThere ? 1 : undefined);
      expect(cache.get('k')).toBe(isThere ? 1 : undefined);
      cache.close();
    }
  });

  it('applies the clock in a later run', async () => {
    const time = { now: START };
    const clock = () => time.now;
    let cache = arenas.open({ clock });
    cache.set('k', 1, { ttl: TTL });
    cache = arenas.restart(cache, { clock });
    time.now += TTL - 1;
    expect(cache.get('k')).toBe(1);
    time.now += 1;
    expect(cache.get('k')).toBeUndefined();
    // The clock of this cache does not know the time of a put by another clock.
    time.now = START;
    cache.set('k', 2, { ttl: TTL });
    expect(arenas.restart(cache).get('k')).toBeUndefined();
  });
});

describe('a cache without a clock', () => {
  it('follows fake timers', () => {
    const cache = open({ ttl: 5000 });
    vi.useFakeTimers();
    cache.set('k', 1, { ttl: TTL });
    cache.set('own', 2);
    expect(cache.get('k')).toBe(1);
    vi.advanceTimersByTime(TTL - 1);
    expect(cache.get('k')).toBe(1);
    vi.advanceTimersByTime(2);
    expect(cache.get('k')).toBeUndefined();
    expect(cache.get('own')).toBe(2);
    vi.advanceTimersByTime(4000);
    expect(cache.has('own')).toBe(false);
    expect(cache.stats()).toMatchObject({ entries: 0, expirations: 2 });
  });

  it("follows Node's own fake timers", () => {
    const cache = open();
    mock.timers.enable({ apis: ['Date'], now: START });
    try {
      cache.set('k', 1, { ttl: TTL });
      mock.timers.tick(TTL - 1);
      expect(cache.get('k')).toBe(1);
      mock.timers.tick(1);
      expect(cache.get('k')).toBeUndefined();
    } finally {
      mock.timers.reset();
    }
  });

  it('retains entries that were set before the timers were faked', () => {
    const cache = open();
    cache.set('k', 1, { ttl: 3_600_000 });
    vi.useFakeTimers();
    expect(cache.get('k')).toBe(1);
    vi.advanceTimersByTime(3_500_000);
    expect(cache.get('k')).toBe(1);
    vi.advanceTimersByTime(200_000);
    expect(cache.get('k')).toBeUndefined();
  });

  it("returns to the system's time once they are restored", async () => {
    const cache = open();
    vi.useFakeTimers({ now: new Date('2040-01-01') });
    cache.set('k', 1, { ttl: 3_600_000 });
    expect(cache.get('k')).toBe(1);
    vi.useRealTimers();
    expect(cache.get('k')).toBeUndefined();
    cache.set('k', 2, { ttl: 3_600_000 });
    cache.set('short', 3, { ttl: 20 });
    await expect.poll(() => cache.get('short')).toBeUndefined();
    expect(cache.get('k')).toBe(2);
  });

  it.each([
    ['vi.setSystemTime', (ms: number) => void vi.setSystemTime(ms)],
    ['a spy', (ms: number) => void vi.spyOn(Date, 'now').mockReturnValue(ms)],
  ])('follows %s', (_, setTime) => {
    const cache = open();
    const now = Date.now();
    setTime(now);
    cache.set('k', 1, { ttl: TTL });
    setTime(now + TTL - 1);
    expect(cache.get('k')).toBe(1);
    setTime(now + TTL);
    expect(cache.get('k')).toBeUndefined();
  });

  it('follows fake timers that were installed before the module was loaded', async () => {
    vi.useFakeTimers();
    vi.resetModules();
    const module = await import('../lib/index.js');
    using cache = new module.ArenaCache<number>({ maxBytes: MIB, ebb: false });
    cache.set('k', 1, { ttl: TTL });
    vi.advanceTimersByTime(TTL - 1);
    expect(cache.get('k')).toBe(1);
    vi.advanceTimersByTime(1);
    expect(cache.get('k')).toBeUndefined();
    vi.useRealTimers();
    cache.set('k', 2, { ttl: 3_600_000 });
    expect(cache.get('k')).toBe(2);
  });

  it('works with a Date.now that is broken', () => {
    const warn = vi.spyOn(process, 'emitWarning').mockReturnValue(undefined);
    const cache = open();
    vi.spyOn(Date, 'now').mockReturnValue(undefined as never);
    cache.set('k', 1, { ttl: 3_600_000 });
    expect(cache.get('k')).toBe(1);
    expect(warn.mock.calls).toEqual([
      [expect.stringMatching(/^Date\.now threw, or gave/), clockWarning],
    ]);
  });
});
