import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import fc from 'fast-check';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { ArenaCache } from '../lib/arena/arena-cache.js';
import type { ArenaCacheOptions } from '../lib/arena/arena-options.js';
import { EncodeError } from '../lib/codec/encode-error.js';
import { ClosedError, EbbcacheError } from '../lib/errors/errors.js';
import { packageUrl } from './helpers/run-script.js';

const KIB = 1024;
const MIB = 1024 * KIB;

const opened: ArenaCache<never>[] = [];

/** Closed after the test; deaf to the memory pressure of the machine that runs it. */
function open<V = unknown>(options: Partial<ArenaCacheOptions> = {}): ArenaCache<V> {
  const cache = new ArenaCache<V>({ maxBytes: MIB, ebb: false, ...options });
  opened.push(cache as unknown as ArenaCache<never>);
  return cache;
}

function argumentError(ErrorClass: typeof TypeError | typeof RangeError) {
  return expect.toSatisfy((error) => {
    const { code, message } = error as { code: string; message: string };
    return (
      error instanceof ErrorClass && code === 'ERR_EBBCACHE_ARGUMENT' && /^\w.+\.$/s.test(message)
    );
  });
}

afterEach(() => {
  for (const cache of opened.splice(0)) cache.close();
});

describe('reading and writing', () => {
  it('gives back what was set, as a copy', () => {
    const cache = open<{ tags: string[] }>();
    const value = { tags: ['a', 'b'] };
    expect(cache.set('key', value)).toBe(true);
    value.tags.push('c');
    const first = cache.get('key');
    expect(first).toEqual({ tags: ['a', 'b'] });
    first?.tags.push('d');
    expect(cache.get('key')).toEqual({ tags: ['a', 'b'] });
  });

  it('replaces, misses and deletes', () => {
    const cache = open<number | null>();
    cache.set('a', 1);
    cache.set('a', 2);
    cache.set('nothing', null);
    expect(cache.get('a')).toBe(2);
    expect(cache.get('nothing')).toBeNull();
    expect(cache.size).toBe(2);
    expect(cache.get('b')).toBeUndefined();
    expect(cache.delete('b')).toBe(false);
    expect(cache.delete('a')).toBe(true);
    expect(cache.delete('a')).toBe(false);
    expect(cache.get('a')).toBeUndefined();
    expect(cache.has('a')).toBe(false);
    expect(cache.size).toBe(1);
  });

  it.each([
    ...['a', ' ', '\0', 'a\0b', 'é', '😀', '/a/ü/日本.jpg', 'k'.repeat(600), 'é'.repeat(255)],
    ...['\ufffd', '\ufffd😀', `${'k'.repeat(600)}\ufffd`],
  ])('tells key %j from others', (key) => {
    const cache = open<string>();
    cache.set(`${key}x`, 'other');
    cache.set(key, 'this');
    expect(cache.get(key)).toBe('this');
    expect(cache.get(`${key}x`)).toBe('other');
    expect(new Set(cache.keys())).toEqual(new Set([key, `${key}x`]));
  });

  it('takes keys of up to 65,535 bytes of UTF-8', () => {
    const cache = open<number>();
    for (const key of ['k'.repeat(65_535), 'é'.repeat(32_767), '日'.repeat(21_845)]) {
      expect(cache.set(key, 1)).toBe(true);
      expect(cache.get(key)).toBe(1);
      expect(() => cache.get(`${key}日`)).toThrow(argumentError(RangeError));
    }
  });

  it('gives the encoded bytes as a copy that is the caller’s own', () => {
    const cache = open<string>();
    cache.set('a', 'first');
    cache.set('b', 'other');
    const bytes = cache.getBytes('a');
    expect(bytes).toBeInstanceOf(Buffer);
    const before = Buffer.from(bytes!);
    cache.get('b');
    expect(bytes).toEqual(before);
    bytes!.fill(0);
    expect(cache.get('a')).toBe('first');
    expect(cache.getBytes('none')).toBeUndefined();
  });

  it('stores encoded bytes as they are, of this cache or another', () => {
    const cache = open<unknown>({ maxBytes: 8 * MIB });
    const other = open<unknown>({ maxBytes: 8 * MIB });
    for (const value of [{ a: [1, 'two'] }, 'x'.repeat(100_000), 'y'.repeat(2 * MIB)]) {
      other.set('a', value);
      const bytes = other.getBytes('a')!;
      expect(cache.setBytes('b', bytes)).toBe(true);
      bytes.fill(0);
      expect(cache.get('b')).toEqual(value);
      expect(cache.getBytes('b')!.equals(other.getBytes('a')!)).toBe(true);
    }
  });

  it('stores bytes that are no msgpack, for getBytes alone', () => {
    const cache = open<unknown>();
    for (const bytes of [Buffer.from([0xc1, 0xff]), new Uint8Array(), new Uint8Array([1, 2, 3])]) {
      cache.setBytes('a', bytes);
      expect(cache.getBytes('a')).toEqual(Buffer.from(bytes));
      expect(() => cache.get('a')).toThrow();
    }
    // A part of a larger buffer, and of memory that threads share.
    cache.setBytes('a', new Uint8Array([9, 9, 0xa1, 0x78, 9]).subarray(2, 4));
    expect(cache.get('a')).toBe('x');
    cache.setBytes('a', new Uint8Array(new SharedArrayBuffer(1)).fill(7));
    expect(cache.get('a')).toBe(7);
  });

  it('takes bytes with the options of set, and no others than of a Uint8Array', () => {
    const cache = open<unknown>();
    const bytes = new Uint8Array([7]);
    expect(cache.setBytes('a', bytes, { ttl: 60_000, cost: 3 })).toBe(true);
    expect(cache.setBytes('a', new Uint8Array(2 * MIB))).toBe(false);
    expect(cache.get('a')).toBe(7);
    expect(() => cache.setBytes('a', bytes, { ttl: 0 })).toThrow(argumentError(RangeError));
    expect(() => cache.setBytes('', bytes)).toThrow(argumentError(RangeError));
    expect(() => cache.setBytes(1 as never, bytes)).toThrow(argumentError(TypeError));
    for (const other of [undefined, null, 'text', [1], new ArrayBuffer(1), new Int8Array(1)]) {
      expect(() => cache.setBytes('a', other as never)).toThrow(argumentError(TypeError));
    }
    expect(cache.stats().puts).toBe(1);
  });

  it('may be told to store bytes while it encodes a value', () => {
    const cache = open<unknown>();
    const value = {
      before: 'b',
      get inner() {
        return cache.setBytes('inner', new Uint8Array([7]));
      },
      after: 'a',
    };
    expect(cache.set('outer', value)).toBe(true);
    expect(cache.get('outer')).toEqual({ before: 'b', inner: true, after: 'a' });
    expect(cache.get('inner')).toBe(7);
  });

  it('returns nothing that a later read changes', () => {
    const cache = open<unknown>({ maxBytes: 4 * MIB });
    const value = (n: number) => ({
      text: `${n}`.repeat(50),
      bytes: Buffer.alloc(100, n),
      array: new Uint8Array(64).fill(n),
      floats: new Float64Array(8).fill(n),
      buffer: new Uint8Array(16).fill(n).buffer,
      map: new Map([[`key${n}`, new Uint16Array(4).fill(n)]]),
    });
    cache.set('1', value(1));
    cache.set('2', value(2));
    const one = cache.get('1');
    for (let i = 0; i < 10; i++) cache.get('2');
    expect(one).toEqual(value(1));
  });

  it('copies values larger than the read buffer in and out', () => {
    const cache = open<Buffer | string>({ maxBytes: 64 * MIB });
    for (const bytes of [60_000, 65_536, 70_000, MIB - 1, MIB + 1, 9 * MIB]) {
      const value = Buffer.alloc(bytes, bytes % 251);
      expect(cache.set('large', value)).toBe(true);
      expect((cache.get('large') as Buffer).equals(value)).toBe(true);
      expect(cache.getBytes('large')!.length).toBeGreaterThan(bytes);
      cache.set('small', 'small');
      expect(cache.get('small')).toBe('small');
    }
  });

  it('keeps working when a value’s getters use the cache', () => {
    const cache = open<unknown>();
    cache.set('outer', {
      before: 'b'.repeat(100),
      get inner() {
        cache.set('inner', { text: 'i'.repeat(5000) });
        return cache.get('inner');
      },
      after: 'a'.repeat(100),
    });
    expect(cache.get('outer')).toEqual({
      before: 'b'.repeat(100),
      inner: { text: 'i'.repeat(5000) },
      after: 'a'.repeat(100),
    });
  });
});

describe('what counts as a use', () => {
  it('does not count peek and has', () => {
    const cache = open<number>();
    cache.set('a', 1);
    expect(cache.peek('a')).toBe(1);
    expect(cache.peek('b')).toBeUndefined();
    expect(cache.has('a')).toBe(true);
    expect(cache.has('b')).toBe(false);
    expect([...cache.entries()]).toEqual([['a', 1]]);
    expect(cache.stats()).toMatchObject({ hits: 0, misses: 0, puts: 1 });
    cache.get('a');
    cache.getBytes('a');
    cache.get('b');
    expect(cache.stats()).toMatchObject({ hits: 2, misses: 1, puts: 1 });
  });

  it('evicts the least recently used beyond maxEntries', () => {
    const cache = open<number>({ maxEntries: 3 });
    for (const key of ['a', 'b', 'c']) cache.set(key, 1);
    cache.get('a');
    cache.set('b', 2);
    cache.peek('c');
    cache.has('c');
    cache.set('d', 1);
    expect(new Set(cache.keys())).toEqual(new Set(['a', 'b', 'd']));
    cache.set('e', 1);
    expect(new Set(cache.keys())).toEqual(new Set(['b', 'd', 'e']));
    cache.set('d', 2);
    expect(cache.size).toBe(3);
    expect(cache.stats().evictions).toBe(2);
  });

  it('keeps what is asked for again through a scan with s3fifo', () => {
    const cache = open<string>({ policy: 's3fifo', maxEntries: 100 });
    const hot = Array.from({ length: 20 }, (_, i) => `hot${i}`);
    for (const key of hot) cache.set(key, key);
    for (let round = 0; round < 3; round++) for (const key of hot) cache.get(key);
    for (let i = 0; i < 1000; i++) cache.set(`once${i}`, 'x');
    expect(hot.filter((key) => cache.get(key) === key)).toEqual(hot);
    expect(cache.size).toBe(100);
    expect(cache.stats().evictions).toBe(920);
  });
});

describe('time to live', () => {
  it('ends entries by the cache’s and by their own', async () => {
    const cache = open<number>({ ttl: 30 });
    cache.set('short', 1);
    cache.set('long', 1, { ttl: 3_600_000 });
    expect(cache.get('long')).toBe(1);
    await expect.poll(() => cache.get('short'), { timeout: 20_000 }).toBeUndefined();
    expect(cache.has('short')).toBe(false);
    expect(cache.peek('short')).toBeUndefined();
    expect([...cache.keys()]).toEqual(['long']);
    expect(cache.stats().expirations).toBe(1);
    cache.set('long', 2, { ttl: 1 });
    await expect.poll(() => cache.has('long'), { timeout: 20_000 }).toBe(false);
  });

  it('starts anew with each set', async () => {
    const cache = open<number>({ ttl: 30 });
    cache.set('kept', 1);
    cache.set('kept', 2, { ttl: Number.MAX_SAFE_INTEGER });
    cache.set('marker', 1);
    await expect.poll(() => cache.has('marker'), { timeout: 20_000 }).toBe(false);
    expect(cache.get('kept')).toBe(2);
  });

  it('gives the memory of expired entries back without a read', async () => {
    const cache = open<string>({ maxBytes: 8 * MIB });
    const empty = cache.stats().heldBytes;
    for (let i = 0; i < 5000; i++) cache.set(`key${i}`, 'v'.repeat(600), { ttl: 3000 });
    expect(cache.stats().heldBytes).toBeGreaterThan(2 * MIB);
    await vi.waitFor(() => expect(cache.stats().entries).toBe(0), { timeout: 20_000 });
    const { payloadBytes, expirations, heldBytes, misses } = cache.stats();
    expect({ payloadBytes, expirations, misses }).toEqual({
      payloadBytes: 0,
      expirations: 5000,
      misses: 0,
    });
    expect(heldBytes).toBeLessThan(empty + 512 * KIB);
  });
});

describe('the budget', () => {
  it('is never passed, and the most recent entries stay', () => {
    const cache = open<string>({ maxBytes: 2 * MIB });
    for (let i = 0; i < 20_000; i++) {
      cache.set(`key${i}`, `${i}`.padEnd(300));
      if (i % 100 === 0) {
        const { heldBytes, budgetBytes } = cache.stats();
        expect(heldBytes).toBeLessThanOrEqual(budgetBytes);
      }
    }
    const { entries, evictions, payloadBytes, heldBytes } = cache.stats();
    expect(entries + evictions).toBe(20_000);
    expect(payloadBytes / heldBytes).toBeGreaterThan(0.75);
    for (let i = 20_000 - entries; i < 20_000; i++) expect(cache.has(`key${i}`)).toBe(true);
  });

  it('refuses a value larger than itself, and loses nothing', () => {
    const cache = open<string>({ maxBytes: 256 * KIB });
    for (let i = 0; i < 50; i++) cache.set(`key${i}`, 'v'.repeat(1000));
    const before = cache.stats();
    expect(cache.set('giant', 'v'.repeat(300 * KIB))).toBe(false);
    expect(cache.set('key1', 'v'.repeat(300 * KIB))).toBe(false);
    expect(cache.stats()).toEqual({ ...before, rejections: before.rejections + 2 });
    expect(cache.get('key1')).toBe('v'.repeat(1000));
    expect(cache.get('giant')).toBeUndefined();
  });

  it('follows resize down and up', () => {
    const cache = open<string>({ maxBytes: 8 * MIB });
    for (let i = 0; i < 10_000; i++) cache.set(`key${i}`, 'v'.repeat(600));
    expect(cache.stats().heldBytes).toBeGreaterThan(6 * MIB);
    cache.resize(MIB);
    const small = cache.stats();
    expect(small).toMatchObject({ maxBytes: MIB, budgetBytes: MIB });
    expect(small.heldBytes).toBeLessThanOrEqual(MIB);
    expect(small.entries).toBeGreaterThan(500);
    expect(cache.get('key9999')).toBe('v'.repeat(600));
    cache.resize(4 * MIB);
    for (let i = 0; i < 10_000; i++) cache.set(`key${i}`, 'v'.repeat(600));
    expect(cache.stats().heldBytes).toBeGreaterThan(3 * MIB);
    expect(cache.stats().heldBytes).toBeLessThanOrEqual(4 * MIB);
  });

  it('gives back what shrink asks for, the least recently used first', () => {
    const cache = open<string>({ maxBytes: 8 * MIB });
    for (let i = 0; i < 10_000; i++) cache.set(`key${i}`, 'v'.repeat(600));
    const before = cache.stats();
    expect(cache.shrink(0)).toBe(0);
    const returned = cache.shrink(3 * MIB);
    const after = cache.stats();
    expect(returned).toBeGreaterThanOrEqual(3 * MIB);
    expect(before.heldBytes - after.heldBytes).toBe(returned);
    expect(after.maxBytes).toBe(8 * MIB);
    expect(cache.has('key9999')).toBe(true);
    expect(cache.has('key0')).toBe(false);
    const rest = cache.shrink(Number.POSITIVE_INFINITY);
    expect(cache.stats().heldBytes).toBe(after.heldBytes - rest);
    expect(cache.size).toBe(0);
    expect(cache.set('again', 'v')).toBe(true);
    expect(cache.get('again')).toBe('v');
  });

  it('forgets all with clear, but counts on', () => {
    const cache = open<string>({ maxBytes: 8 * MIB });
    const empty = cache.stats().heldBytes;
    for (let i = 0; i < 5000; i++) cache.set(`key${i}`, 'v'.repeat(600));
    cache.get('key1');
    cache.clear();
    expect(cache.stats()).toMatchObject({
      entries: 0,
      payloadBytes: 0,
      heldBytes: empty,
      hits: 1,
      puts: 5000,
      evictions: 0,
    });
    expect([...cache.keys()]).toEqual([]);
    cache.set('key1', 'new');
    expect(cache.get('key1')).toBe('new');
  });

  it('is told with all other numbers', () => {
    const cache = open<string>({ maxBytes: 4 * MIB });
    cache.set('é', 'abc');
    expect(cache.stats()).toEqual({
      entries: 1,
      payloadBytes: 6,
      heldBytes: expect.any(Number),
      budgetBytes: 4 * MIB,
      maxBytes: 4 * MIB,
      maxEntries: 0,
      hits: 0,
      misses: 0,
      puts: 1,
      evictions: 0,
      evictionsByEntries: 0,
      expirations: 0,
      pressureEvents: 0,
      pressureEvictions: 0,
      pressureReductions: 0,
      pressureCauses: {
        elevated: { events: 0, evictions: 0 },
        high: { events: 0, evictions: 0 },
        critical: { events: 0, evictions: 0 },
        request: { events: 0, evictions: 0 },
      },
      rejections: 0,
      memoryRefusals: 0,
    });
  });
});

describe('keys and entries', () => {
  it('visits what stays exactly once, whatever else is put and deleted', () => {
    const cache = open<number>({ maxBytes: 16 * MIB });
    const stays = Array.from({ length: 3000 }, (_, i) => `stays${i}`);
    for (const key of stays) cache.set(key, 1);
    for (let i = 0; i < 3000; i++) cache.set(`goes${i}`, 1);
    const seen = new Map<string, number>();
    let step = 0;
    for (const key of cache.keys()) {
      seen.set(key, (seen.get(key) ?? 0) + 1);
      cache.set(`new${step}`, step);
      cache.delete(`goes${step}`);
      cache.set(stays[step % stays.length]!, step);
      if (++step > 12_000) break;
    }
    expect(stays.filter((key) => seen.get(key) !== 1)).toEqual([]);
    expect([...seen.values()].every((times) => times === 1)).toBe(true);
  });

  it('gives keys with their values, and skips what goes in between', () => {
    const cache = open<number>();
    for (let i = 0; i < 500; i++) cache.set(`key${i}`, i);
    const found = new Map<string, number>();
    for (const [key, value] of cache.entries()) {
      found.set(key, value);
      cache.delete(`key${499 - value}`);
    }
    expect(found.size).toBeLessThan(500);
    for (const [key, value] of found) expect(key).toBe(`key${value}`);
    expect(cache.stats().hits).toBe(0);
  });

  it('may be left early, and run side by side', () => {
    const cache = open<number>();
    for (let i = 0; i < 300; i++) cache.set(`key${i}`, i);
    const first = cache.keys();
    const second = cache.keys();
    const both = [...first].map((key) => key === second.next().value);
    expect(both).toEqual(Array(300).fill(true));
    for (const _ of cache.keys()) break;
    expect(cache.keys()[Symbol.iterator]().next().done).toBe(false);
    expect([...open().keys()]).toEqual([]);
  });
});

describe('bad input', () => {
  it.each<[string, unknown]>([
    ['undefined', undefined],
    ['null', null],
    ['a number', 5],
    ['a symbol', Symbol('key')],
    ['an object', { toString: () => 'key' }],
    ['a String object', Object('key')],
    ['an array', ['key']],
  ])('refuses %s as key with a TypeError', (_, key) => {
    const cache = open();
    for (const call of callsWithKey(cache, key as string)) {
      expect(call).toThrow(argumentError(TypeError));
    }
    expect(cache.stats()).toMatchObject({ entries: 0, misses: 0 });
  });

  it.each<[string, string]>([
    ['an empty key', ''],
    ['a key of 1 MB', 'k'.repeat(1_000_000)],
    ['a key of 65,536 bytes', 'é'.repeat(32_768)],
    ['a lone high surrogate', 'a\ud800'],
    ['a lone low surrogate', '\udc00a'],
  ])('refuses %s with a RangeError', (_, key) => {
    const cache = open();
    for (const call of callsWithKey(cache, key)) expect(call).toThrow(argumentError(RangeError));
    expect(cache.stats()).toMatchObject({ entries: 0, misses: 0 });
  });

  it.each<[string, unknown, typeof TypeError | typeof RangeError]>([
    ['no options', undefined, TypeError],
    ['null', null, TypeError],
    ['a number', 1000, TypeError],
    ['no maxBytes', {}, TypeError],
    ['maxBytes as text', { maxBytes: '1000000' }, TypeError],
    ['maxBytes as bigint', { maxBytes: 1_000_000n }, TypeError],
    ['NaN bytes', { maxBytes: Number.NaN }, RangeError],
    ['negative bytes', { maxBytes: -MIB }, RangeError],
    ['endless bytes', { maxBytes: Number.POSITIVE_INFINITY }, RangeError],
    ['zero bytes', { maxBytes: 0 }, RangeError],
    ['too few bytes', { maxBytes: 65_535 }, RangeError],
    ['too many bytes', { maxBytes: 2 ** 34 + 1 }, RangeError],
    ['an unknown policy', { maxBytes: MIB, policy: 'fifo' }, RangeError],
    ['a policy of null', { maxBytes: MIB, policy: null }, RangeError],
    ['no entries', { maxBytes: MIB, maxEntries: 0 }, RangeError],
    ['NaN entries', { maxBytes: MIB, maxEntries: Number.NaN }, RangeError],
    ['entries as text', { maxBytes: MIB, maxEntries: '5' }, TypeError],
    ['a ttl of 0', { maxBytes: MIB, ttl: 0 }, RangeError],
    ['a negative ttl', { maxBytes: MIB, ttl: -5 }, RangeError],
    ['an endless ttl', { maxBytes: MIB, ttl: Number.POSITIVE_INFINITY }, RangeError],
    ['a ttl of null', { maxBytes: MIB, ttl: null }, TypeError],
    ['more minBytes than maxBytes', { maxBytes: MIB, minBytes: MIB + 1 }, RangeError],
    ['negative minBytes', { maxBytes: MIB, minBytes: -1 }, RangeError],
    ['an empty name', { maxBytes: MIB, name: '' }, TypeError],
    ['a number as name', { maxBytes: MIB, name: 5 }, TypeError],
    ['a lone surrogate as name', { maxBytes: MIB, name: '\ud800' }, RangeError],
    ['ebb as number', { maxBytes: MIB, ebb: 1 }, TypeError],
  ])('refuses options with %s', (_, options, ErrorClass) => {
    expect(() => new ArenaCache(options as ArenaCacheOptions)).toThrow(argumentError(ErrorClass));
  });

  it('takes the ends of the ranges', () => {
    expect(open({ maxBytes: 65_536 }).set('a', 1)).toBe(true);
    expect(open({ maxBytes: 2 ** 34 }).set('a', 1)).toBe(true);
    expect(open({ maxBytes: MIB, minBytes: MIB, maxEntries: 1, ttl: 1 }).set('a', 1)).toBe(true);
    expect(open({ maxBytes: MIB + 0.5 }).stats().maxBytes).toBe(MIB);
  });

  it('refuses sizes and times out of range, and changes nothing', () => {
    const cache = open<number>();
    cache.set('a', 1);
    const before = cache.stats();
    for (const bytes of [Number.NaN, -1, 0, Number.POSITIVE_INFINITY, 2 ** 34 + 1, 65_535]) {
      expect(() => cache.resize(bytes)).toThrow(argumentError(RangeError));
    }
    for (const bytes of [Number.NaN, -1]) {
      expect(() => cache.shrink(bytes)).toThrow(argumentError(RangeError));
    }
    for (const bytes of ['1', null, undefined, 5n] as never[]) {
      expect(() => cache.resize(bytes)).toThrow(argumentError(TypeError));
      expect(() => cache.shrink(bytes)).toThrow(argumentError(TypeError));
    }
    for (const ttl of [Number.NaN, 0, -1, Number.POSITIVE_INFINITY]) {
      expect(() => cache.set('a', 2, { ttl })).toThrow(argumentError(RangeError));
    }
    expect(() => cache.set('a', 2, { ttl: '5' as never })).toThrow(argumentError(TypeError));
    expect(() => cache.set('a', 2, { cost: '5' as never })).toThrow(argumentError(TypeError));
    expect(() => cache.set('a', 2, { cost: -1 })).toThrow(argumentError(RangeError));
    for (const options of [null, 5000, [], 'ttl'] as never[]) {
      expect(() => cache.set('a', 2, options)).toThrow(argumentError(TypeError));
    }
    expect(cache.stats()).toEqual(before);
    expect(cache.get('a')).toBe(1);
  });

  it('refuses undefined as value', () => {
    const cache = open();
    expect(() => cache.set('a', undefined)).toThrow(argumentError(TypeError));
    expect(cache.has('a')).toBe(false);
  });

  it.each<[string, unknown, string]>([
    ['a function', () => 1, ''],
    ['a symbol', Symbol('s'), ''],
    ['a Promise', Promise.resolve(1), ''],
    ['a method', { a: { run() {} } }, 'a.run'],
    ['a symbol in an array', { list: [1, [Symbol.iterator]] }, 'list[1][0]'],
    ['a Promise in a record', { a: { b: Promise.resolve() } }, 'a.b'],
    ['a function in a Map', new Map([['k', () => 1]]), '[1]'],
    ['a function in a Set', { set: new Set([1, () => 1]) }, 'set[1]'],
    [
      'a function under __proto__',
      JSON.parse('{"a":{"__proto__":1}}', withFunction),
      'a.__proto__',
    ],
    ['a symbol as an error’s cause', { e: new Error('x', { cause: Symbol('s') }) }, 'e.cause'],
    ['a WeakMap', { weak: new WeakMap() }, 'weak'],
  ])('refuses %s with an EncodeError that says where', (_, value, path) => {
    const cache = open<unknown>();
    cache.set('key', 'before');
    const error = thrownBy(() => cache.set('key', value));
    expect(error).toBeInstanceOf(EncodeError);
    expect(error).toMatchObject({ code: 'ERR_EBBCACHE_VALUE', path });
    expect((error as Error).message).toContain(path);
    expect(cache.get('key')).toBe('before');
  });

  it('refuses values that hold themselves', () => {
    const cache = open<unknown>();
    const object: Record<string, unknown> = { name: 'me' };
    object.self = object;
    const array: unknown[] = [];
    array.push([array]);
    const map = new Map<string, unknown>();
    map.set('map', map);
    for (const value of [object, array, map, { deep: { in: object } }]) {
      const error = thrownBy(() => cache.set('key', value));
      expect(error).toBeInstanceOf(EncodeError);
      expect((error as Error).message).toMatch(/refers to itself/);
      expect((error as Error).message.length).toBeLessThan(400);
    }
    expect(cache.size).toBe(0);
    expect(cache.set('key', 'still works')).toBe(true);
  });

  function withFunction(key: string, value: unknown): unknown {
    return key === '__proto__' ? () => value : value;
  }
});

function callsWithKey(cache: ArenaCache, key: string): (() => unknown)[] {
  return [
    () => cache.get(key),
    () => cache.getBytes(key),
    () => cache.peek(key),
    () => cache.has(key),
    () => cache.set(key, 1),
    () => cache.delete(key),
  ];
}

function thrownBy(call: () => unknown): unknown {
  try {
    call();
  } catch (error) {
    return error;
  }
  return undefined;
}

describe('closing', () => {
  it('makes every other call a ClosedError', () => {
    const cache = open<number>();
    for (let i = 0; i < 1000; i++) cache.set(`key${i}`, i);
    const started = cache.keys();
    started.next();
    cache.close();
    const calls = [
      ...callsWithKey(cache as ArenaCache, 'a'),
      () => cache.clear(),
      () => cache.size,
      () => cache.keys(),
      () => cache.entries(),
      () => cache.resize(MIB),
      () => cache.shrink(1),
      () => cache.stats(),
    ];
    for (const call of calls) {
      const error = thrownBy(call);
      expect(error).toBeInstanceOf(ClosedError);
      expect(error).toMatchObject({ code: 'ERR_EBBCACHE_CLOSED', name: 'ClosedError' });
    }
    expect(() => [...started]).toThrow(ClosedError);
    expect(() => cache.close()).not.toThrow();
    expect(() => cache[Symbol.dispose]()).not.toThrow();
  });

  it('happens at the end of a using block', () => {
    let outer: ArenaCache<number>;
    {
      using cache = open<number>();
      cache.set('a', 1);
      outer = cache;
    }
    expect(() => outer.get('a')).toThrow(ClosedError);
  });

  it('in a getter of the value is a ClosedError too', () => {
    const cache = open<unknown>();
    const closing = {
      get now() {
        cache.close();
        return 1;
      },
    };
    expect(() => cache.set('a', closing)).toThrow(ClosedError);
  });
});

describe('named stores', () => {
  it('are one for all of a name, until the last is closed', () => {
    const first = open<number>({ name: 'shared' });
    const second = open<number>({ name: 'shared' });
    const other = open<number>({ name: 'other' });
    const unnamed = open<number>();
    first.set('a', 1);
    expect(second.get('a')).toBe(1);
    expect(other.has('a')).toBe(false);
    expect(unnamed.has('a')).toBe(false);
    first.close();
    first.close();
    expect(second.get('a')).toBe(1);
    second.close();
    expect(open<number>({ name: 'shared' }).has('a')).toBe(false);
  });

  it.each<[string, Partial<ArenaCacheOptions>]>([
    ['maxBytes', { maxBytes: 2 * MIB }],
    ['maxEntries', { maxEntries: 5 }],
    ['policy', { policy: 's3fifo' }],
    ['ttl', { ttl: 5 }],
    ['ebb', { ebb: true }],
    ['minBytes', { minBytes: 5 }],
  ])('refuse to be opened with other %s', (_, others) => {
    const first = open<number>({ name: 'agreed' });
    const error = thrownBy(() => open({ name: 'agreed', ...others }));
    expect(error).toBeInstanceOf(EbbcacheError);
    expect(error).toMatchObject({ code: 'ERR_EBBCACHE_OPEN', name: 'EbbcacheError' });
    expect((error as Error).message).toMatch(
      /^The store 'agreed' is open .+ other options\. .+\.$/,
    );
    expect(first.set('a', 1)).toBe(true);
  });

  it('are one for all threads', async () => {
    const cache = open<unknown>({ name: 'threads', ebb: false });
    cache.set('from main', { when: new Date(5), many: new Map([[1, 2n]]) });
    const worker = new Worker(
      `import(${JSON.stringify(packageUrl)}).then(({ ArenaCache }) => {
        const { parentPort } = require('node:worker_threads');
        const cache = new ArenaCache({ maxBytes: ${MIB}, name: 'threads', ebb: false });
        parentPort.postMessage(cache.get('from main'));
        for (let i = 0; i < 100; i++) cache.set('worker' + i, i);
      });`,
      { eval: true },
    );
    const [[message], [code]] = await Promise.all([once(worker, 'message'), once(worker, 'exit')]);
    expect(message).toEqual({ when: new Date(5), many: new Map([[1, 2n]]) });
    expect(code).toBe(0);
    for (let i = 0; i < 100; i++) expect(cache.get(`worker${i}`)).toBe(i);
    expect(cache.stats()).toMatchObject({ entries: 101, puts: 101, hits: 101 });
  });
});

describe('against a model', () => {
  const key = fc.integer({ min: 0, max: 60 }).map((n) => `key${n}`);
  const value = fc.oneof(
    fc.integer(),
    fc.string(),
    fc.array(fc.string()),
    fc.integer({ min: 0, max: 9000 }).map((length) => 'x'.repeat(length)),
  );
  const action = fc.oneof(
    fc.record({ kind: fc.constant('set' as const), key, value }),
    fc.record({ kind: fc.constantFrom('get', 'peek', 'has', 'delete'), key }),
  );
  const policy = fc.constantFrom('lru' as const, 's3fifo' as const);

  it('is a Map while nothing needs to be evicted', () => {
    fc.assert(
      fc.property(policy, fc.array(action, { maxLength: 200 }), (policy, actions) => {
        using cache = new ArenaCache<unknown>({ maxBytes: 8 * MIB, policy, ebb: false });
        const model = new Map<string, unknown>();
        for (const step of actions) {
          if ('value' in step) {
            expect(cache.set(step.key, step.value)).toBe(true);
            model.set(step.key, step.value);
          } else if (step.kind === 'delete') {
            expect(cache.delete(step.key)).toBe(model.delete(step.key));
          } else if (step.kind === 'has') {
            expect(cache.has(step.key)).toBe(model.has(step.key));
          } else {
            expect(cache[step.kind as 'get' | 'peek'](step.key)).toEqual(model.get(step.key));
          }
        }
        expect(new Map(cache.entries())).toEqual(model);
        expect(cache.size).toBe(model.size);
      }),
      { numRuns: 100 },
    );
  });

  it('never gives a value that is not the last one put', () => {
    const budget = fc.integer({ min: 64 * KIB, max: 256 * KIB });
    fc.assert(
      fc.property(
        budget,
        policy,
        fc.array(action, { maxLength: 400 }),
        (maxBytes, policy, steps) => {
          using cache = new ArenaCache<unknown>({ maxBytes, policy, ebb: false });
          const model = new Map<string, unknown>();
          for (const step of steps) {
            if ('value' in step) {
              if (cache.set(step.key, step.value)) model.set(step.key, step.value);
              expect(cache.peek(step.key)).toEqual(model.get(step.key));
            } else if (step.kind === 'delete') {
              if (cache.delete(step.key)) expect(model.has(step.key)).toBe(true);
              model.delete(step.key);
            } else if (step.kind === 'has') {
              if (cache.has(step.key)) expect(model.has(step.key)).toBe(true);
            } else {
              const found = cache[step.kind as 'get' | 'peek'](step.key);
              if (found !== undefined) expect(found).toEqual(model.get(step.key));
            }
            const { heldBytes, budgetBytes } = cache.stats();
            expect(heldBytes).toBeLessThanOrEqual(budgetBytes);
          }
          for (const [key, found] of cache.entries()) expect(found).toEqual(model.get(key));
        },
      ),
      { numRuns: 100 },
    );
  });
});
