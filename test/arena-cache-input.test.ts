// Tests what ArenaCache refuses, and with which errors.

import { describe, expect, it } from 'vitest';
import { ArenaCache, type ArenaCacheOptions, EncodeError } from '../lib/index.js';
import { openedArenas } from './helpers/opened-arenas.js';
import { argumentError, callsWithKey, thrownBy } from './helpers/refusals.js';

const KIB = 1024;
const MIB = 1024 * KIB;

const open = openedArenas();

describe('an ArenaCache', () => {
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

  it('accepts the lowest and the highest value of each range', () => {
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

  it('refuses undefined as a value', () => {
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
  ])('refuses %s with an EncodeError that names its place', (_, value, path) => {
    const cache = open<unknown>();
    cache.set('key', 'before');
    const error = thrownBy(() => cache.set('key', value));
    expect(error).toBeInstanceOf(EncodeError);
    expect(error).toMatchObject({ code: 'ERR_EBBCACHE_VALUE', path });
    expect((error as Error).message).toContain(path);
    expect(cache.get('key')).toBe('before');
  });

  it('refuses values that refer to themselves', () => {
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
