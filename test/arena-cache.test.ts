import { describe, expect, it, vi } from 'vitest';
import { openedArenas } from './helpers/opened-arenas.js';
import { argumentError } from './helpers/refusals.js';

const KIB = 1024;
const MIB = 1024 * KIB;

const open = openedArenas();

describe('an ArenaCache', () => {
  it('returns what was set, as a copy', () => {
    const cache = open<{ tags: string[] }>();
    const value = { tags: ['a', 'b'] };
    expect(cache.set('key', value)).toBe(true);
    value.tags.push('c');
    const first = cache.get('key');
    expect(first).toEqual({ tags: ['a', 'b'] });
    first?.tags.push('d');
    expect(cache.get('key')).toEqual({ tags: ['a', 'b'] });
  });

  it('replaces, misses and deletes entries', () => {
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
  ])('distinguishes key %j from others', (key) => {
    const cache = open<string>();
    cache.set(`${key}x`, 'other');
    cache.set(key, 'this');
    expect(cache.get(key)).toBe('this');
    expect(cache.get(`${key}x`)).toBe('other');
    expect(new Set(cache.keys())).toEqual(new Set([key, `${key}x`]));
  });

  it('accepts keys of up to 65,535 bytes of UTF-8', () => {
    const cache = open<number>();
    for (const key of ['k'.repeat(65_535), 'é'.repeat(32_767), '日'.repeat(21_845)]) {
      expect(cache.set(key, 1)).toBe(true);
      expect(cache.get(key)).toBe(1);
      expect(() => cache.get(`${key}日`)).toThrow(argumentError(RangeError));
    }
  });

  it('returns the encoded bytes as a copy that the caller owns', () => {
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

  it('stores encoded bytes unchanged, whichever cache encoded them', () => {
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

  it('stores bytes that are not msgpack, for getBytes only', () => {
    const cache = open<unknown>();
    for (const bytes of [Buffer.from([0xc1, 0xff]), new Uint8Array(), new Uint8Array([1, 2, 3])]) {
      cache.setBytes('a', bytes);
      expect(cache.getBytes('a')).toEqual(Buffer.from(bytes));
      expect(() => cache.get('a')).toThrow();
    }
    // These are a part of a larger buffer, and of memory that threads share.
    cache.setBytes('a', new Uint8Array([9, 9, 0xa1, 0x78, 9]).subarray(2, 4));
    expect(cache.get('a')).toBe('x');
    cache.setBytes('a', new Uint8Array(new SharedArrayBuffer(1)).fill(7));
    expect(cache.get('a')).toBe(7);
  });

  it('accepts the options of set for bytes, and only the bytes of a Uint8Array', () => {
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

  it('can store bytes while it encodes a value', () => {
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

describe('the eviction order of an ArenaCache', () => {
  it('is not changed by peek and has', () => {
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

  it('begins with the least recently used entry beyond maxEntries', () => {
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

  it('protects reused entries from a scan with s3fifo', () => {
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

describe('the time to live of an entry', () => {
  it('is that of the cache, or its own where it has one', () => {
    let now = 0;
    const cache = open<number>({ ttl: 30, clock: () => now });
    cache.set('short', 1);
    cache.set('long', 1, { ttl: 3_600_000 });
    expect(cache.get('long')).toBe(1);
    now = 29;
    expect(cache.peek('short')).toBe(1);
    now = 30;
    expect(cache.get('short')).toBeUndefined();
    expect(cache.has('short')).toBe(false);
    expect(cache.peek('short')).toBeUndefined();
    expect([...cache.keys()]).toEqual(['long']);
    expect(cache.stats().expirations).toBe(1);
    cache.set('long', 2, { ttl: 1 });
    now = 31;
    expect(cache.has('long')).toBe(false);
  });

  it('starts again with each set', () => {
    let now = 0;
    const cache = open<number>({ ttl: 30, clock: () => now });
    cache.set('kept', 1);
    cache.set('kept', 2, { ttl: Number.MAX_SAFE_INTEGER });
    cache.set('marker', 1);
    now = 30;
    expect(cache.has('marker')).toBe(false);
    expect(cache.get('kept')).toBe(2);
  });

  it('releases the memory of expired entries without a read', async () => {
    const cache = open<string>({ maxBytes: 8 * MIB, codec: 'msgpack' });
    const empty = cache.stats().heldBytes;
    for (let i = 0; i < 5000; i++) cache.set(`key${i}`, 'v'.repeat(600), { ttl: 3000 });
    expect(cache.stats().heldBytes).toBeGreaterThan(2 * MIB);
    await vi.waitFor(() => expect(cache.stats().entries).toBe(0), { timeout: 20_000 });
    // One turn of upkeep may end between the removal of the entries and the release of their slabs.
    const isReleased = () => expect(cache.stats().heldBytes).toBeLessThan(empty + 512 * KIB);
    await vi.waitFor(isReleased, { timeout: 20_000 });
    const { payloadBytes, expirations, misses } = cache.stats();
    expect({ payloadBytes, expirations, misses }).toEqual({
      payloadBytes: 0,
      expirations: 5000,
      misses: 0,
    });
  });
});

describe('an ArenaCache with a budget', () => {
  it('never exceeds it, and retains the most recent entries', () => {
    const cache = open<string>({ maxBytes: 2 * MIB, codec: 'msgpack' });
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

  it('refuses a value larger than the budget, and loses no entry', () => {
    const cache = open<string>({ maxBytes: 256 * KIB, codec: 'msgpack' });
    for (let i = 0; i < 50; i++) cache.set(`key${i}`, 'v'.repeat(1000));
    const before = cache.stats();
    expect(cache.set('giant', 'v'.repeat(300 * KIB))).toBe(false);
    expect(cache.set('key1', 'v'.repeat(300 * KIB))).toBe(false);
    expect(cache.stats()).toEqual({ ...before, rejections: before.rejections + 2 });
    expect(cache.get('key1')).toBe('v'.repeat(1000));
    expect(cache.get('giant')).toBeUndefined();
  });

  it('follows resize to smaller and larger sizes', () => {
    const cache = open<string>({ maxBytes: 8 * MIB, codec: 'msgpack' });
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

  it('releases the bytes that shrink asks for, the least recently used entries first', () => {
    const cache = open<string>({ maxBytes: 8 * MIB, codec: 'msgpack' });
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

  it('is empty after clear, which resets no counter', () => {
    const cache = open<string>({ maxBytes: 8 * MIB, codec: 'msgpack' });
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

  it('reports it with all other statistics', () => {
    const cache = open<string>({ maxBytes: 4 * MIB, codec: 'msgpack' });
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
      dictionaries: 0,
      dictionaryBytes: 0,
      dictionaryTrainings: 0,
      undecodableValues: 0,
      hotValues: 0,
      hotValueBytes: 0,
    });
  });
});

describe('keys() and entries() of an ArenaCache', () => {
  it('visit each remaining entry exactly once, whatever else is set and deleted', () => {
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

  it('yield keys with their values, and skip entries that are removed meanwhile', () => {
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

  it('can be ended early, and can run concurrently', () => {
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
