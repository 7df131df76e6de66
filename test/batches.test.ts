// Properties are tried on more random inputs with EBBCACHE_FULL=1.

import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { ArenaCache } from '../lib/arena/arena-cache.js';
import type { ArenaCacheOptions } from '../lib/arena/arena-options.js';
import { readBuffer } from '../lib/arena/read-buffer.js';
import { EncodeError } from '../lib/codec/encode-error.js';
import { ClosedError } from '../lib/errors/errors.js';
import { sized } from './helpers/full-size.js';

const KIB = 1024;
const MIB = 1024 * KIB;

const opened: ArenaCache<unknown>[] = [];

function open(options: Partial<ArenaCacheOptions> = {}): ArenaCache<unknown> {
  const cache = new ArenaCache<unknown>({ maxBytes: 32 * MIB, ebb: false, ...options });
  opened.push(cache);
  return cache;
}

afterEach(() => {
  for (const cache of opened.splice(0)) cache.close();
});

/** The keys are few, so that they repeat; they have one, two and three bytes a character, and some are long. */
const key = fc.oneof(
  { weight: 6, arbitrary: fc.nat(60).map((n) => `key${n}`) },
  fc.nat(9).map((n) => `größe${n}`),
  fc.nat(9).map((n) => `写真${n}\ufffd`),
  fc.nat(3).map((n) => `${'long'.repeat(200)}${n}`),
);
/** Some values are larger than the rest of the read buffer, and some larger than all of it. */
const value = fc.oneof(
  { weight: 8, arbitrary: fc.jsonValue({ maxDepth: 2 }) },
  { weight: 2, arbitrary: fc.nat(40 * KIB).map((n) => 'x'.repeat(n)) },
  fc.nat(200 * KIB).map((n) => Buffer.alloc(n, n)),
  fc.constant(new Map([['a', new Date(5)]])),
);
const step = fc.oneof(
  fc.record({ keys: fc.array(key, { maxLength: 150 }) }),
  fc.record({ entries: fc.array(fc.tuple(key, value), { maxLength: 150 }) }),
);

describe('getMany and setMany', () => {
  it('do what a loop of get and set does', () => {
    const options = fc.record({
      policy: fc.constantFrom('lru' as const, 's3fifo' as const),
      maxEntries: fc.integer({ min: 5, max: 100 }),
    });
    fc.assert(
      fc.property(options, fc.array(step, { maxLength: 8 }), (options, steps) => {
        using one = new ArenaCache<unknown>({ maxBytes: 32 * MIB, ebb: false, ...options });
        using many = new ArenaCache<unknown>({ maxBytes: 32 * MIB, ebb: false, ...options });
        for (const step of steps) {
          if ('keys' in step) {
            expect(many.getMany(step.keys)).toEqual(step.keys.map((key) => one.get(key)));
          } else {
            expect(many.setMany(step.entries)).toEqual(
              step.entries.map(([key, value]) => one.set(key, value)),
            );
          }
        }
        const counters = ({ heldBytes, ...others }: ReturnType<typeof one.stats>) => others;
        expect(counters(many.stats())).toEqual(counters(one.stats()));
        expect(new Map(many.entries())).toEqual(new Map(one.entries()));
      }),
      { numRuns: sized(25, 10) },
    );
  });

  it('stay within the budget, and report what did not fit', () => {
    const cache = open({ maxBytes: 256 * KIB });
    const entries = Array.from({ length: 300 }, (_, i) => [`key${i}`, 'v'.repeat(2000)] as const);
    const outcomes = cache.setMany([...entries, ['giant', 'v'.repeat(300 * KIB)], ['end', 1]]);
    expect(outcomes).toEqual([...entries.map(() => true), false, true]);
    expect(cache.getMany(['giant', 'end', 'key299', 'key0'])).toEqual([
      undefined,
      1,
      'v'.repeat(2000),
      undefined,
    ]);
    const { heldBytes, budgetBytes, rejections } = cache.stats();
    expect(heldBytes).toBeLessThanOrEqual(budgetBytes);
    expect(rejections).toBe(1);
  });

  it('accept an empty batch, and one key many times', () => {
    const cache = open();
    expect(cache.setMany([])).toEqual([]);
    expect(cache.getMany([])).toEqual([]);
    expect(cache.setMany(Array.from({ length: 200 }, (_, i) => ['same', i]))).toEqual(
      Array(200).fill(true),
    );
    expect(cache.getMany(Array(200).fill('same'))).toEqual(Array(200).fill(199));
    expect(cache.stats()).toMatchObject({ entries: 1, hits: 200, misses: 0, puts: 200 });
  });

  it('accept any iterable of entries, with options for all', async () => {
    const cache = open();
    cache.setMany(new Map<string, unknown>([['a', 1]]));
    cache.setMany(
      (function* () {
        yield ['b', 2] as const;
        cache.set('c', 3);
      })(),
      { ttl: 1, cost: 5 },
    );
    await expect.poll(() => cache.getMany(['a', 'b', 'c'])).toEqual([1, undefined, 3]);
  });

  it('refuse what is not an iterable of entries, and store none of it', () => {
    const cache = open();
    const bad = [{ a: 1 }, 5, 'ab', undefined, [['a', 1], 5], new Set(['ab']), [['a', undefined]]];
    for (const entries of bad) {
      expect(() => cache.setMany(entries as never)).toThrow(
        expect.objectContaining({ name: 'TypeError', code: 'ERR_EBBCACHE_ARGUMENT' }),
      );
    }
    expect(cache.size).toBe(0);
  });

  it('return values that later reads do not change', () => {
    const cache = open();
    cache.setMany([0, 1, 2].map((n) => [`key${n}`, { bytes: Buffer.alloc(100, n), n }]));
    const found = cache.getMany(['key0', 'key1']);
    for (let i = 0; i < 5; i++) cache.getMany(['key2', 'key2', 'key2']);
    expect(found).toEqual([0, 1].map((n) => ({ bytes: Buffer.alloc(100, n), n })));
  });

  it('retain no large buffer', () => {
    const cache = open({ maxBytes: 64 * MIB });
    cache.setMany(Array.from({ length: 8 }, (_, i) => [`key${i}`, Buffer.alloc(3 * MIB, i)]));
    const found = cache.getMany(['key7', 'none', 'key0']) as Buffer[];
    expect(found.map((bytes) => bytes?.[0])).toEqual([7, undefined, 0]);
    expect(readBuffer.length).toBeLessThanOrEqual(MIB);
  });
});

describe('a batch with an invalid entry or option', () => {
  const good = Array.from({ length: 100 }, (_, i) => [`key${i}`, i] as const);

  it.each<[string, unknown]>([
    ['an empty key', ''],
    ['a number', 5],
    ['a lone surrogate', 'a\ud800'],
    ['a key too long', 'k'.repeat(65_536)],
  ])('is refused as a whole for %s', (_, bad) => {
    const cache = open();
    const entries = [...good, [bad as string, 1] as const];
    expect(() => cache.setMany(entries)).toThrow(/key/);
    expect(() => cache.getMany(entries.map(([key]) => key))).toThrow(/key/);
    expect(cache.stats()).toMatchObject({ entries: 0, puts: 0, hits: 0, misses: 0 });
  });

  it('is refused as a whole for a value, and the error names it', () => {
    const cache = open();
    const thrown = (value: unknown) => {
      try {
        cache.setMany([...good, ['bad', value]]);
      } catch (error) {
        return error as EncodeError;
      }
      return undefined;
    };
    expect(thrown({ a: [() => 1] })).toBeInstanceOf(EncodeError);
    expect(thrown({ a: [() => 1] })?.path).toBe('[100].a[0]');
    expect(thrown([Symbol('s')])?.path).toBe('[100][0]');
    expect(thrown(Promise.resolve())?.message).toMatch(/^The value at '\[100\]' cannot be stored/);
    expect(thrown(undefined)).toBeInstanceOf(TypeError);
    expect(cache.size).toBe(0);
    expect(cache.setMany(good)).toEqual(good.map(() => true));
  });

  it('is refused where it is not iterable, or has bad options', () => {
    const cache = open();
    expect(() => cache.getMany('key' as unknown as string[])).toThrow(TypeError);
    expect(() => cache.setMany(5 as unknown as [])).toThrow(TypeError);
    expect(() => cache.setMany(good, { ttl: 0 })).toThrow(RangeError);
    expect(() => cache.setMany(good, { cost: -1 })).toThrow(RangeError);
    expect(cache.size).toBe(0);
  });

  it('is refused once the cache is closed, even if a getter closes it', () => {
    const cache = open();
    const closing = {
      get member() {
        cache.close();
        return 1;
      },
    };
    expect(() => cache.setMany([...good, ['closing', closing]])).toThrow(ClosedError);
    expect(() => cache.setMany(good)).toThrow(ClosedError);
    expect(() => cache.getMany(['a'])).toThrow(ClosedError);
  });
});

describe('getters that use the cache', () => {
  it('interfere with neither set nor setMany', () => {
    const cache = open();
    const nesting = (n: number) => ({
      before: 'b'.repeat(n),
      get inner() {
        cache.setMany([['inner', { n, text: 'i'.repeat(n * 100) }]]);
        cache.set('other', 'o'.repeat(n));
        return cache.getMany(['inner', 'other']);
      },
      after: 'a'.repeat(n),
    });
    const plain = (n: number) => ({
      before: 'b'.repeat(n),
      inner: [{ n, text: 'i'.repeat(n * 100) }, 'o'.repeat(n)],
      after: 'a'.repeat(n),
    });
    cache.setMany([1, 1000, 10].map((n) => [`key${n}`, nesting(n)]));
    cache.set('key5', nesting(5));
    expect(cache.getMany(['key1', 'key1000', 'key10', 'key5'])).toEqual(
      [1, 1000, 10, 5].map(plain),
    );
  });

  it('leave the error path of the outer value correct when they throw', () => {
    const cache = open();
    const value = {
      list: [
        {
          get a() {
            expect(() => cache.set('x', { deep: { er: [1, () => 1] } })).toThrow("'deep.er[1]'");
            return 1;
          },
          b: () => 1,
        },
      ],
    };
    expect(() => cache.set('key', value)).toThrow("'list[0].b'");
  });
});
