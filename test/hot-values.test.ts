// Decoded values at hand, which are returned again as long as their entries are unchanged.

import { setImmediate as nextTurn } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { Worker } from 'node:worker_threads';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PressureLevel } from '../lib/index.js';
import { anyValue } from './helpers/any-value.js';
import { sized } from './helpers/full-size.js';
import { openedArenas } from './helpers/opened-arenas.js';
import { packageUrl, runScript } from './helpers/run-script.js';
import { withTempFolder } from './helpers/temp-folder.js';
import { testSeed } from './helpers/test-seed.js';

const MIB = 1024 * 1024;

const open = openedArenas({ maxBytes: 4 * MIB, hotValues: 10 });

const photo = (n: number) => ({ name: `IMG_${n}.JPG`, exif: { iso: n, tags: ['a', { b: n }] } });

describe('a hot value', () => {
  it('is the same deeply frozen object until its entry changes', () => {
    const cache = open();
    cache.set('a', photo(1));
    const first = cache.get('a') as ReturnType<typeof photo>;
    expect(first).toEqual(photo(1));
    expect(cache.get('a')).toBe(first);
    for (const each of [first, first.exif, first.exif.tags, first.exif.tags[1]]) {
      expect(Object.isFrozen(each)).toBe(true);
    }
    cache.set('a', photo(2));
    expect(cache.get('a')).toEqual(photo(2));
    // An equal value is stored in equal bytes.
    const second = cache.get('a');
    cache.set('a', photo(2));
    expect(cache.get('a')).toBe(second);
    cache.delete('a');
    expect(cache.get('a')).toBeUndefined();
    expect(cache.stats()).toMatchObject({ hits: 5, misses: 1 });
  });

  it('follows changes by other caches, clear and time', () => {
    let now = 1_000_000;
    const clock = () => now;
    const cache = open({ name: 'hot', clock });
    const other = open({ name: 'hot', clock, hotValues: 0 });
    cache.set('a', photo(1));
    expect(cache.get('a')).toEqual(photo(1));
    other.set('a', photo(2));
    expect(cache.get('a')).toEqual(photo(2));
    other.delete('a');
    expect(cache.get('a')).toBeUndefined();
    cache.set('a', photo(3), { ttl: 100 });
    expect(cache.get('a')).toEqual(photo(3));
    now += 101;
    expect(cache.get('a')).toBeUndefined();
    cache.set('a', photo(4));
    expect(cache.get('a')).toEqual(photo(4));
    other.clear();
    expect(cache.get('a')).toBeUndefined();
  });

  it('follows what another process writes to the same folder', async () => {
    await withTempFolder(async (folder) => {
      const disk = { dir: `${folder}/cache`, maxBytes: 4 * MIB };
      const cache = open({ disk });
      cache.set('a', photo(1));
      await cache.flush();
      const first = cache.get('a');
      expect(cache.get('a')).toBe(first);
      const script = `
        const cache = new ebbcache.ArenaCache({ maxBytes: 1 << 20, disk: ${JSON.stringify(disk)} });
        cache.set('a', { name: 'of another process' });
        await cache.flush();
        cache.close();`;
      expect((await runScript(script)).stderr).toBe('');
      expect(cache.get('a')).toEqual({ name: 'of another process' });
    });
  });

  it('is none that cannot be frozen', () => {
    const cache = open();
    const values = [new Date(0), new Map([[1, 2]]), new Set([1]), Buffer.from('a'), /a/, 1n];
    for (const [i, value] of values.entries()) {
      cache.set(`key ${i}`, { value, inner: { n: i } });
      const found = cache.get(`key ${i}`) as { inner: object };
      expect(found).toEqual({ value, inner: { n: i } });
      const isPrimitive = typeof value !== 'object';
      expect(Object.isFrozen(found.inner)).toBe(isPrimitive);
      expect(cache.get(`key ${i}`) === found).toBe(isPrimitive);
    }
  });

  it('is one of at most so many, and those in use stay', () => {
    const cache = open({ hotValues: 3 });
    for (let i = 0; i < 20; i++) {
      cache.set(`key ${i}`, photo(i));
      cache.get(`key ${i}`);
      // The first one is used again and again.
      const kept = cache.get('key 0');
      expect(cache.get('key 0')).toBe(kept);
    }
    const { hotValues, hotValueBytes } = cache.stats();
    expect(hotValues).toBe(3);
    expect(hotValueBytes).toBeGreaterThan(300);
    expect(hotValueBytes).toBeLessThan(3000);
  });

  it('is dropped under pressure, and is none as long as it lasts', () => {
    const cache = open({ ebb: true });
    cache.set('a', photo(1));
    const first = cache.get('a');
    cache.holdPressure(PressureLevel.HIGH);
    expect(cache.stats().hotValues).toBe(0);
    expect(cache.get('a')).toEqual(photo(1));
    expect(cache.get('a')).not.toBe(first);
    expect(cache.stats()).toMatchObject({ hotValues: 0, hotValueBytes: 0 });
  });

  it('follows what other threads write', async () => {
    const cache = open<number>({ name: 'hot in threads' });
    cache.set('a', 0);
    const written = new Int32Array(new SharedArrayBuffer(8));
    const worker = new Worker(new URL('./helpers/counting-worker.mjs', import.meta.url), {
      workerData: {
        cacheUrl: packageUrl,
        options: { maxBytes: 4 * MIB, ebb: false, name: 'hot in threads' },
        written,
        puts: sized(200_000, 20_000),
      },
    });
    let reads = 0;
    let changes = 0;
    let before = 0;
    while (Atomics.load(written, 0) >= 0) {
      for (let i = 0; i < 1000; i++, reads++) {
        const known = Atomics.load(written, 0);
        const found = cache.get('a') ?? -1;
        if (found < known) expect(found).toBeGreaterThanOrEqual(known);
        if (found !== before) changes++;
        before = found;
      }
      Atomics.add(written, 1, 1);
      Atomics.notify(written, 1);
      await nextTurn();
    }
    expect(changes).toBeGreaterThan(10);
    expect(cache.stats()).toMatchObject({ hits: reads, misses: 0 });
    await worker.terminate();
  });

  it('counts as used, so that its entry stays', () => {
    for (const policy of ['lru', 's3fifo'] as const) {
      const cache = open({ maxBytes: MIB, policy, codec: 'msgpack' });
      cache.set('used', photo(0));
      for (let i = 0; i < 20_000; i++) {
        cache.set(`key ${i}`, { text: 'x'.repeat(200) });
        for (let use = 0; use < 3; use++) expect(cache.get('used')).toBeDefined();
      }
      expect(cache.stats().evictions).toBeGreaterThan(10_000);
      expect(cache.stats()).toMatchObject({ hits: 60_000, misses: 0 });
    }
  });

  it('is none of an entry that was evicted', () => {
    const cache = open({ maxBytes: MIB, codec: 'msgpack' });
    cache.set('a', photo(1));
    expect(cache.get('a')).toEqual(photo(1));
    for (let i = 0; i < 20_000; i++) cache.set(`key ${i}`, { text: 'x'.repeat(200) });
    expect(cache.has('a')).toBe(false);
    expect(cache.get('a')).toBeUndefined();
    expect(cache.stats()).toMatchObject({ hits: 1, misses: 1 });
  });

  it('is none of a cache that is closed, whose hits still count', () => {
    const cache = open({ name: 'hot until it is closed' });
    const other = open({ name: 'hot until it is closed' });
    cache.set('a', photo(1));
    for (let i = 0; i < 5; i++) cache.get('a');
    cache.close();
    expect(() => cache.get('a')).toThrow(/closed/);
    expect(other.get('a')).toEqual(photo(1));
    expect(other.stats().hits).toBe(6);
  });

  it('is one of more caches than a store counts changes for', () => {
    const caches = Array.from({ length: 20 }, () => open({ name: 'hot in many caches' }));
    for (let n = 0; n < 3; n++) {
      caches[n]?.set('a', photo(n));
      for (const cache of caches) {
        const first = cache.get('a');
        expect(first).toEqual(photo(n));
        expect(cache.get('a')).toBe(first);
      }
    }
    expect(caches[0]?.stats().hits).toBe(120);
  });

  it('has a maximum number in range', () => {
    for (const hotValues of [-1, 1_000_001, Number.NaN]) {
      expect(() => open({ hotValues })).toThrow(RangeError);
    }
    expect(() => open({ hotValues: '1' as unknown as number })).toThrow(TypeError);
  });

  it('equals what a cache without hot values returns, whatever is set', () => {
    const hot = open({ hotValues: 4, maxBytes: MIB });
    const cold = open({ hotValues: 0, maxBytes: MIB });
    const key = fc.nat({ max: 7 }).map((n) => `key ${n}`);
    const step = fc.oneof(
      fc.record({ call: fc.constant('set' as const), key, value: anyValue() }),
      fc.record({ call: fc.constantFrom('get' as const, 'delete' as const), key }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60, size: 'max' }), (steps) => {
        for (const cache of [hot, cold]) cache.clear();
        for (const each of steps) {
          if (each.call === 'set') {
            if (each.value === undefined) continue;
            for (const cache of [hot, cold]) cache.set(each.key, each.value);
          } else if (each.call === 'delete') {
            for (const cache of [hot, cold]) cache.delete(each.key);
          } else {
            const [found, expected] = [hot.get(each.key), cold.get(each.key)];
            if (!isDeepStrictEqual(found, expected)) expect(found).toEqual(expected);
          }
        }
      }),
      { seed: testSeed(), numRuns: sized(500, 100) },
    );
  });
});
