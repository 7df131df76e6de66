// Tests that the memory and the disk tier of an ArenaCache act as one cache.

import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { type DiskEvent, type DiskOptions, PressureLevel } from '../lib/index.js';
import { DiskArenas } from './helpers/disk-arenas.js';
import { packageUrl, runNode } from './helpers/run-script.js';

const MIB = 1024 * 1024;
const KIB = 1024;

const arenas = new DiskArenas();

/** Removes all entries from memory, so that the next reads come from the disk. */
function emptyMemory(cache: ReturnType<typeof arenas.open>): void {
  cache.applyPressure(PressureLevel.CRITICAL);
  expect(cache.stats().entries).toBe(0);
}

describe('an ArenaCache with a disk tier', () => {
  it('reads from disk what is not in memory, and promotes it', async () => {
    const first = arenas.open();
    expect(first.set('key', { n: 1, at: new Date(5), big: 7n })).toBe(true);
    expect(first.get('key')).toEqual({ n: 1, at: new Date(5), big: 7n });
    const cache = arenas.restart(first);
    expect(cache.stats()).toMatchObject({ entries: 0, disk: { entries: 1 } });
    expect(cache.peek('key')).toEqual({ n: 1, at: new Date(5), big: 7n });
    expect(cache.has('key')).toBe(true);
    expect(cache.stats()).toMatchObject({ entries: 0, hits: 0, misses: 0 });
    for (let i = 0; i < 3; i++)
      expect(cache.get('key')).toEqual({ n: 1, at: new Date(5), big: 7n });
    expect(cache.get('none')).toBeUndefined();
    expect(cache.stats()).toMatchObject({
      entries: 1,
      hits: 3,
      misses: 1,
      puts: 0,
      disk: { hits: 1, misses: 1, errors: 0 },
    });
  });

  it('retains on disk what memory has no room for', async () => {
    const cache = arenas.open({ maxBytes: 256 * KIB, codec: 'msgpack' });
    for (let i = 0; i < 500; i++) {
      expect(cache.set(`key ${i}`, { i, text: 'x'.repeat(2000) })).toBe(true);
    }
    expect(cache.stats().evictions).toBeGreaterThan(300);
    for (let i = 0; i < 500; i++) expect(cache.get(`key ${i}`)).toMatchObject({ i });
    expect(await cache.flush()).toBe(true);
    for (let i = 0; i < 500; i++) expect(cache.get(`key ${i}`)).toMatchObject({ i });
    expect([cache.size, [...cache.keys()].length]).toEqual([500, 500]);
    // The value is larger than memory accepts, and not larger than the disk accepts.
    const small = arenas.open({ maxBytes: 64 * KIB });
    expect(small.set('large', 'x'.repeat(100 * KIB))).toBe(true);
    expect(small.get('large')).toBe('x'.repeat(100 * KIB));
    expect(small.stats().entries).toBe(0);
  });

  it.each([false, true])(
    'deletes and clears in both tiers (already written: %s)',
    async (isFlushed) => {
      const cache = arenas.open();
      const settle = async () => {
        if (isFlushed) expect(await cache.flush()).toBe(true);
      };
      for (const key of ['a', 'b', 'c']) cache.set(key, key);
      await settle();
      expect(cache.delete('a')).toBe(true);
      expect(cache.delete('a')).toBe(false);
      emptyMemory(cache);
      expect(cache.delete('b')).toBe(true);
      expect([cache.get('a'), cache.get('b'), cache.get('c')]).toEqual([undefined, undefined, 'c']);
      await settle();
      cache.clear();
      expect([cache.get('c'), cache.has('c'), cache.size]).toEqual([undefined, false, 0]);
      expect([...cache.keys()]).toEqual([]);
      cache.set('d', 'd');
      await settle();
      const next = arenas.restart(cache);
      expect([...next.entries()]).toEqual([['d', 'd']]);
      expect(next.get('c')).toBeUndefined();
    },
  );

  it('visits each entry once, whether it is in memory, on disk or waiting to be written', async () => {
    const first = arenas.open();
    const keys = Array.from({ length: 300 }, (_, i) => `key ${i}`);
    first.setMany(keys.slice(0, 200).map((key) => [key, { key }]));
    const cache = arenas.restart(first);
    // Some entries are promoted, some replaced, some deleted, and some new.
    for (const key of keys.slice(0, 100)) cache.get(key);
    for (const key of keys.slice(150, 160)) cache.set(key, { key });
    for (const key of keys.slice(200)) cache.set(key, { key });
    for (const key of keys.slice(90, 110)) cache.delete(key);
    const expected = [...keys.slice(0, 90), ...keys.slice(110)].sort();
    for (const isFlushed of [false, true]) {
      if (isFlushed) await cache.flush();
      expect([...cache.keys()].sort()).toEqual(expected);
      const entries = [...cache.entries()];
      expect(entries.map(([key]) => key).sort()).toEqual(expected);
      for (const [key, value] of entries) expect(value).toEqual({ key });
    }
    expect(cache.size).toBe(expected.length);
  });

  it('sets and gets many entries, bytes and times to live', () => {
    let now = 1_000_000;
    const clock = () => now;
    const first = arenas.open({ clock });
    expect(
      first.setMany([
        ['a', 1],
        ['b', [2]],
      ]),
    ).toEqual([true, true]);
    expect(first.setMany([['short', 1]], { ttl: 1 })).toEqual([true]);
    expect(first.set('long', 1, { ttl: 3_600_000, cost: 5 })).toBe(true);
    expect(first.setBytes('bytes', first.getBytes('b')!)).toBe(true);
    const cache = arenas.restart(first, { clock });
    expect(cache.getMany(['none', 'a', 'b', 'bytes', 'long', 'short'])).toEqual([
      undefined,
      1,
      [2],
      [2],
      1,
      1,
    ]);
    expect(cache.getBytes('bytes')).toEqual(cache.getBytes('b'));
    now += 1;
    expect(cache.get('short')).toBeUndefined();
    expect(cache.has('short')).toBe(false);
    expect([...cache.keys()].sort()).toEqual(['a', 'b', 'bytes', 'long']);
  });

  it('applies the default time to live on disk too, and preserves that of an entry with its own', () => {
    let now = 1_000_000;
    const clock = () => now;
    const first = arenas.open({ ttl: 1, clock });
    first.set('a', 1);
    first.set('b', 2, { ttl: 3_600_000 });
    const cache = arenas.restart(first, { clock });
    now += 1;
    expect(cache.get('a')).toBeUndefined();
    expect(cache.get('b')).toBe(2);
  });

  it('writes as much as a loop puts that never yields, or counts what it drops', async () => {
    const disk = arenas.disk({ maxBytes: 64 * MIB });
    const cache = arenas.open({ maxBytes: MIB, codec: 'msgpack', disk });
    for (let i = 0; i < 8000; i++) cache.set(`key ${i}`, { i, text: 'x'.repeat(4000) });
    const { drops } = cache.stats().disk!;
    expect(await cache.flush()).toBe(drops === 0);
    const { entries, evictions } = cache.stats().disk!;
    expect(entries + evictions + drops).toBe(8000);
    // The queue takes a fourth of the budget, 16 MiB of values; the writer may not have run meanwhile.
    const queued = Math.floor((16 * MIB) / 4100);
    expect(drops).toBeLessThanOrEqual(8000 - queued);
    let found = 0;
    for (let i = 0; i < 8000; i++) {
      const value = cache.get(`key ${i}`);
      if (value === undefined) continue;
      found++;
      expect(value).toMatchObject({ i });
    }
    // Nothing was evicted: 64 MiB hold them all.
    expect({ evictions, found }).toEqual({ evictions: 0, found: 8000 - drops });
  });
});

describe('a value that the disk tier refuses', () => {
  it('is in memory only, is counted, and never lets an older value return', async () => {
    const cache = arenas.open({ maxBytes: 8 * MIB });
    const large = 'x'.repeat(256 * KIB);
    for (const isFlushed of [false, true]) {
      const { drops } = cache.stats().disk!;
      cache.set('key', 'old');
      if (isFlushed) expect(await cache.flush()).toBe(true);
      expect(cache.set('key', large)).toBe(true);
      expect(cache.get('key')).toBe(large);
      expect(cache.stats().disk!.drops).toBe(drops + 1);
      expect(await cache.flush()).toBe(false);
      expect(await cache.flush()).toBe(true);
      expect(cache.get('key')).toBe(large);
      emptyMemory(cache);
      expect(cache.get('key')).toBeUndefined();
      expect(arenas.open().get('key')).toBeUndefined();
      expect([...cache.keys()]).toEqual([]);
    }
  });

  it('changes nothing where memory refuses it too', async () => {
    const cache = arenas.open({ maxBytes: MIB });
    cache.set('key', 'old');
    expect(cache.set('key', 'x'.repeat(2 * MIB))).toBe(false);
    expect(cache.stats()).toMatchObject({ rejections: 1, disk: { drops: 0 } });
    expect(cache.get('key')).toBe('old');
    expect(
      cache.setMany([
        ['key', 'x'.repeat(2 * MIB)],
        ['other', 1],
      ]),
    ).toEqual([false, true]);
    expect(arenas.restart(cache).getMany(['key', 'other'])).toEqual(['old', 1]);
  });
});

describe('two ArenaCaches on one folder', () => {
  it('see at once, in one process, what the other did', () => {
    const [one, two] = [arenas.open(), arenas.open()];
    for (let round = 0; round < 200; round++) {
      const key = `key ${round % 7}`;
      one.set(key, { round });
      expect(two.get(key)).toEqual({ round });
      two.set(key, { round, of: 'two' });
      expect(one.get(key)).toEqual({ round, of: 'two' });
      expect(one.getMany([key])).toEqual([{ round, of: 'two' }]);
      if (round % 2) one.delete(key);
      else one.clear();
      expect([two.get(key), two.peek(key), two.has(key)]).toEqual([undefined, undefined, false]);
    }
  });

  it('may return an older value with coherent: false, and find what they do not have', async () => {
    const loose = arenas.open({ disk: arenas.disk({ coherent: false }) });
    const strict = arenas.open();
    loose.set('key', 'old');
    strict.set('key', 'new');
    await strict.flush();
    expect(loose.get('key')).toBe('old');
    loose.delete('key');
    expect(strict.get('key')).toBeUndefined();
    strict.set('key', 'newer');
    expect(loose.get('key')).toBe('newer');
  });

  it('may come from two copies of the package in one process', async () => {
    const script = `
      import assert from 'node:assert/strict';
      const [dir, one, other] = ${JSON.stringify([arenas.dir, packageUrl, `${packageUrl}?copy`])};
      const arena = (url) => new URL('arena/arena-cache.js' + new URL(url).search, url);
      const [a, b] = await Promise.all([import(arena(one)), import(arena(other))]);
      assert.notEqual(a.ArenaCache, b.ArenaCache);
      const options = { maxBytes: 1 << 20, disk: { dir, maxBytes: 1 << 22 } };
      const [x, y] = [new a.ArenaCache(options), new b.ArenaCache(options)];
      for (let round = 0; round < 100; round++) {
        x.set('key', { round });
        assert.deepEqual(y.get('key'), { round });
        y.delete('key');
        assert.equal(x.get('key'), undefined);
      }
      y.set('last', 'of y');
      x.close();
      assert.equal(await y.flush(), true);
      y.close();`;
    const outcome = await runNode(['--input-type=module', '--eval', script]);
    expect(outcome).toEqual({ code: 0, signal: null, stdout: '', stderr: '' });
    expect(arenas.open().get('last')).toBe('of y');
  });
});

describe('the disk options', () => {
  it.each<[string, object, RegExp]>([
    ['no object', 5 as never, /^disk must be an object/],
    ['null', null as never, /^disk must be an object/],
    ['no dir', { maxBytes: MIB }, /^disk\.dir must be/],
    ['an empty dir', { dir: '', maxBytes: MIB }, /^disk\.dir must be/],
    ['a NUL in dir', { dir: 'a\0b', maxBytes: MIB }, /^disk\.dir must be/],
    ['no maxBytes', { dir: 'x' }, /^disk\.maxBytes must be/],
    ['too little', { dir: 'x', maxBytes: MIB - 1 }, /^disk\.maxBytes must be from 1048576/],
    ['too much', { dir: 'x', maxBytes: 65 * 1024 * MIB }, /^disk\.maxBytes must be/],
    ['NaN', { dir: 'x', maxBytes: Number.NaN }, /^disk\.maxBytes must be/],
    ['coherent as text', { dir: 'x', maxBytes: MIB, coherent: 'no' }, /^disk\.coherent must be/],
  ])('are refused with a message that names the wrong one: %s', (_, disk, message) => {
    const open = () => arenas.open({ disk: disk as DiskOptions });
    expect(open).toThrow(message);
    expect(open).toThrow(expect.objectContaining({ code: 'ERR_EBBCACHE_ARGUMENT' }));
    expect(existsSync('x')).toBe(false);
  });

  it('resolve a relative folder when the cache is opened', () => {
    const before = process.cwd();
    try {
      process.chdir(arenas.parent);
      const cache = arenas.open({ disk: { dir: 'relative', maxBytes: MIB } });
      process.chdir(before);
      cache.set('key', 1);
      cache.close();
      expect(readdirSync(join(arenas.parent, 'relative'))).toContain('cache.ring');
    } finally {
      process.chdir(before);
    }
  });
});

describe('a failure of the disk tier', () => {
  it("is reported by the event 'disk', or by a warning of the process where nobody listens", async () => {
    writeFileSync(arenas.dir, 'a file');
    const emitWarning = vi.spyOn(process, 'emitWarning').mockImplementation(() => {});
    const heard: DiskEvent[] = [];
    const [heeded, unheeded] = [arenas.open(), arenas.open()];
    heeded.on('disk', (event) => heard.push(event));
    await expect.poll(() => [heard.length, emitWarning.mock.calls.length]).toEqual([1, 1]);
    expect(heard).toEqual([{ kind: 'trouble', message: expect.stringMatching(/not a folder/) }]);
    expect(emitWarning).toHaveBeenCalledWith(heard[0]!.message, {
      type: 'EbbcacheWarning',
      code: 'EBBCACHE_DISK',
    });
    for (const cache of [heeded, unheeded]) {
      expect(cache.set('key', 1)).toBe(true);
      expect(cache.get('key')).toBe(1);
      expect(await cache.flush()).toBe(false);
      expect(await cache.fetch('other', () => 2)).toBe(2);
      expect(cache.stats().disk).toMatchObject({ available: false, entries: 0 });
      expect([...cache.keys()].sort()).toEqual(['key', 'other']);
    }
    expect([heard.length, emitWarning.mock.calls.length]).toEqual([1, 1]);
  });
});
