// getJson: byte for byte what JSON.stringify makes of what get returns, whoever has stored it, or the same
// error.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { handleOf } from '../lib/arena/arena-cache.js';
import { type ArenaCache, ClosedError } from '../lib/index.js';
import { native } from '../lib/native/addon.js';
import { anyValue } from './helpers/any-value.js';
import { sized } from './helpers/full-size.js';
import { openedArenas } from './helpers/opened-arenas.js';
import { testSeed } from './helpers/test-seed.js';
import { image, train } from './helpers/trained-arena.js';
import { dataFolder, dataNote } from './helpers/truth.js';
import { until } from './helpers/until.js';

const MIB = 1024 * 1024;

const open = openedArenas({ maxBytes: 16 * MIB });

/** A cache with a dictionary of the names in images and of `more`. */
async function trained(more: Record<string, unknown> = {}): Promise<ArenaCache> {
  const cache = open();
  await train(cache, more);
  return cache;
}

/** What a call returns as a text, or the error that it throws. */
function outcomeOf(call: () => unknown): unknown {
  try {
    return String(call());
  } catch (error) {
    return error;
  }
}

function expectSame(cache: ArenaCache, key = 'key'): void {
  const json = outcomeOf(() => cache.getJson(key));
  const text = outcomeOf(() => JSON.stringify(cache.get(key)));
  if (json !== text) expect(json).toEqual(text);
}

/** Whether native code makes the JSON of the value. */
function isNative(cache: ArenaCache, key = 'key'): boolean {
  const { id } = handleOf(cache);
  const bytes = native.get(id, key);
  expect(bytes).toBeGreaterThanOrEqual(0);
  return native.writeJson(id, native.readBuffer, 0, bytes, Buffer.alloc(0), 0) >= 0;
}

/** Bytes of msgpack from numbers and texts of ASCII. */
function bytesOf(...parts: (number | string)[]): Uint8Array {
  return Buffer.concat(
    parts.map((part) => (typeof part === 'string' ? Buffer.from(part) : Buffer.from([part]))),
  );
}

describe('getJson', () => {
  it('is the JSON of any value, in both codecs', async () => {
    const caches = [await trained(), open({ codec: 'msgpack' })];
    fc.assert(
      fc.property(anyValue(), (value) => {
        if (value === undefined) return;
        for (const cache of caches) {
          for (const each of [value, { ...image(1), value }]) {
            cache.set('key', each);
            expectSame(cache);
          }
        }
      }),
      { seed: testSeed(), numRuns: sized(3000, 500) },
    );
  });

  it('is the JSON of any value that JSON has, mostly by native code', async () => {
    const caches = [await trained(), open({ codec: 'msgpack' })];
    let all = 0;
    let natively = 0;
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 6 }), (value) => {
        for (const cache of caches) {
          cache.set('key', value);
          expectSame(cache);
          all++;
          if (isNative(cache)) natively++;
        }
      }),
      { seed: testSeed(), numRuns: sized(3000, 500) },
    );
    expect(natively).toBeGreaterThan(all / 2);
  });

  it('has numbers as JavaScript writes them', () => {
    const cache = open();
    const view = new DataView(new ArrayBuffer(8));
    const numbers = [0, -0, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
    for (let power = -325; power <= 309; power++) numbers.push(Number(`1e${power}`));
    for (let power = -1075; power <= 1024; power++) numbers.push(2 ** power);
    for (const each of [2 ** 31, 2 ** 32, 2 ** 53, 2 ** 63, 2 ** 64, 1e15, 1e21, 1e-6, 1e-7]) {
      for (const factor of [1, 1 - Number.EPSILON, 1 + Number.EPSILON]) numbers.push(each * factor);
      numbers.push(each - 1, each + 1, -each);
    }
    fc.assert(
      fc.property(
        fc.tuple(fc.bigInt(0n, 2n ** 64n - 1n), fc.integer(), fc.integer({ min: 0, max: 20 })),
        ([bits, whole, decimals]) => {
          view.setBigUint64(0, bits);
          numbers.push(view.getFloat64(0), whole, Number(`${whole}e-${decimals}`));
        },
      ),
      { seed: testSeed(), numRuns: sized(300_000, 10_000) },
    );
    for (let i = 0; i < numbers.length; i += 1000) {
      cache.set('key', numbers.slice(i, i + 1000));
      expectSame(cache);
      expect(isNative(cache)).toBe(true);
    }
  });

  it('has texts as JavaScript writes them', () => {
    const cache = open();
    const texts = [
      '',
      '"',
      '\\',
      '\u2028\u2029',
      '\ufeff',
      '\ufffd',
      '\u007f',
      '\u0080',
      '😀',
      '\ud7ff\ue000',
    ];
    for (let unit = 0; unit < 0x100; unit++) texts.push(String.fromCharCode(unit));
    for (const length of [1, 3, 4, 7, 8, 9, 31, 32, 33, 63, 64, 65, 1023, 1024, 1025, 5000]) {
      for (const each of ['a', '"', '\u0001', 'é', '€', '😀']) {
        texts.push(
          each.repeat(length),
          `${'a'.repeat(length)}${each}`,
          `${each}${'a'.repeat(length)}`,
        );
      }
    }
    cache.set('key', texts);
    expectSame(cache);
    expect(isNative(cache)).toBe(true);
    cache.set('key', Object.fromEntries(texts.map((text, i) => [`${text} ${i}`, text])));
    expectSame(cache);
    expect(isNative(cache)).toBe(true);
    for (const text of ['\ud800', 'a\udc00b', '\udc00\ud800']) {
      cache.set('key', { text, [text]: 1 });
      expectSame(cache);
    }
  });

  it('has dates as JavaScript writes them', () => {
    const cache = open();
    const times = [
      0,
      1,
      999,
      951_782_400_000,
      2 ** 32 * 1000 - 1,
      Date.UTC(2100, 1, 28, 23, 59, 59),
    ];
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2 ** 32 * 1000 - 1 }), (ms) => void times.push(ms)),
      { seed: testSeed(), numRuns: 5000 },
    );
    cache.set(
      'key',
      times.map((ms) => new Date(ms)),
    );
    expectSame(cache);
    expect(isNative(cache)).toBe(true);
    for (const ms of [Number.NaN, -1, -62_198_755_200_001, 8.64e15, -8.64e15, 2 ** 32 * 1000]) {
      cache.set('key', { date: new Date(ms) });
      expectSame(cache);
    }
    // The nanoseconds and seconds of others.
    for (const nanoseconds of [1, 999_999, 999_999_999, 2 ** 30 - 1]) {
      const time = Buffer.alloc(10, 0xd7);
      time[1] = 0xff;
      for (const seconds of [0n, 1n, 2n ** 34n - 1n]) {
        time.writeBigUInt64BE((BigInt(nanoseconds) << 34n) | seconds, 2);
        cache.setBytes('key', time);
        expectSame(cache);
        expect(isNative(cache)).toBe(true);
      }
    }
  });

  it('is that of JavaScript for values that JSON has no type for', () => {
    const sparse = [1, 2, 3];
    delete sparse[1];
    const values = [
      new Map([['a', 1]]),
      new Set([1, 2]),
      Uint8Array.of(1, 2),
      Buffer.from('bytes'),
      Float64Array.of(0.5),
      /expression/g,
      new RangeError('message', { cause: 1 }),
      sparse,
      [undefined, 1],
      { left: undefined, kept: 1 },
      { toJSON: 1, constructor: 2, toString: 3 },
      JSON.parse('{"__proto__": {"polluted": 1}, "a": 1}'),
      { 2: 'two', 1: 'one', 10: 'ten', a: 1, 4294967294: 1, 4294967295: 2, '01': 1, '-1': 2 },
    ];
    for (const cache of [open(), open({ codec: 'msgpack' })]) {
      for (const value of values) {
        for (const each of [value, { value, after: 1 }, [value]]) {
          cache.set('key', each);
          expectSame(cache);
        }
      }
    }
  });

  it('throws what JSON.stringify throws, and counts the hit', () => {
    const cache = open();
    for (const value of [1n, -1n, 2n ** 64n - 1n, 2n ** 70n]) {
      cache.set('key', { value });
      expect(() => cache.getJson('key')).toThrow(TypeError);
      expectSame(cache);
    }
    expect(cache.stats()).toMatchObject({ hits: 12, misses: 0 });
  });

  it('counts as get does', () => {
    const cache = open();
    expect(cache.getJson('key')).toBeUndefined();
    expect(cache.stats()).toMatchObject({ hits: 0, misses: 1 });
    cache.set('key', { a: 1 });
    expect(String(cache.getJson('key'))).toBe('{"a":1}');
    cache.set('key', new Map());
    expect(String(cache.getJson('key'))).toBe('{}');
    expect(cache.stats()).toMatchObject({ hits: 2, misses: 1 });
  });

  it('refuses the keys that get refuses, and is closed with the cache', () => {
    const cache = open();
    expect(() => cache.getJson('')).toThrow(RangeError);
    expect(() => cache.getJson(1 as never)).toThrow(TypeError);
    cache.close();
    expect(() => cache.getJson('key')).toThrow(ClosedError);
  });

  it('may be larger than the buffer of reads', () => {
    const cache = open({ maxBytes: 64 * MIB });
    const large = { images: Array.from({ length: 3000 }, (_, n) => image(n)) };
    for (const value of [large, 'x'.repeat(2 * MIB), '"'.repeat(2 * MIB), 'é'.repeat(MIB)]) {
      cache.set('key', value);
      expectSame(cache);
    }
    expect(cache.stats()).toMatchObject({ hits: 8, misses: 0 });
  });

  it('belongs to the caller', () => {
    const cache = open();
    cache.set('key', { a: 1 });
    const json = cache.getJson('key')!;
    cache.getJson('key')!.fill(0);
    cache.set('key', { b: 2 });
    cache.getJson('key');
    expect(json.toString()).toBe('{"a":1}');
  });
});

describe('the Buffers of getJson', () => {
  it('stay as they are, of whatever sizes the next ones are', async () => {
    const cache = await trained();
    const kept: [string, Buffer][] = [];
    for (let i = 0; i < 400; i++) {
      const value = {
        ...image(i),
        text: 'é"x'.repeat((i * 7919) % (i % 40 === 0 ? 30_000 : 3_000)),
      };
      cache.set('key', value);
      kept.push([JSON.stringify(value), cache.getJson('key')!]);
    }
    for (const [text, json] of kept)
      if (json.toString() !== text) expect(json.toString()).toBe(text);
    const sizes = kept.map(([, json]) => json.length);
    expect(Math.max(...sizes)).toBeGreaterThan(64 * 1024);
    expect(kept.some(([, json]) => json.buffer.byteLength > json.length)).toBe(true);
  });

  it('may be moved to another thread, with the memory that they share', () => {
    const cache = open();
    for (let i = 0; i < 10; i++) {
      cache.set('key', { i });
      const json = cache.getJson('key')!;
      const { buffer, byteOffset, length } = json;
      const moved = structuredClone(buffer, { transfer: [buffer as ArrayBuffer] });
      expect(Buffer.from(moved, byteOffset, length).toString()).toBe(JSON.stringify({ i }));
    }
  });
});

describe('getJson of bytes that strangers have set', () => {
  const bytes: Record<string, Uint8Array> = {
    'keys that are indexes, out of order': bytesOf(0x83, 0xa1, '2', 1, 0xa1, '1', 2, 0xa1, 'a', 3),
    'a key that is an index, behind another': bytesOf(0x82, 0xa1, 'a', 1, 0xa1, '1', 2),
    'an index of too many digits': bytesOf(0x82, 0xaa, '9999999999', 1, 0xa1, '1', 2),
    'one key twice': bytesOf(0x83, 0xa1, 'a', 1, 0xa1, 'b', 2, 0xa1, 'a', 3),
    'one key twice, around another map': bytesOf(0x82, 0xa1, 'a', 0x81, 0xa1, 'a', 1, 0xa1, 'a', 3),
    "the key '__proto__'": bytesOf(0x81, 0xa9, '__proto__', 0x81, 0xa1, 'a', 1),
    'a text that is not UTF-8': bytesOf(0xa3, 0xc0, 0x80, 0x41),
    'a text with half a character': bytesOf(0xa2, 0xe2, 0x82),
    'a key that is not UTF-8': bytesOf(0x81, 0xa1, 0xff, 1),
    'UTF-8 of surrogates': bytesOf(0xa3, 0xed, 0xa0, 0x80),
    'a float of 32 bits': bytesOf(0xca, 0x3f, 0x80, 0, 0),
    'an integer in more bytes than it needs': bytesOf(0xcd, 0, 1),
    'a number as a key': bytesOf(0x81, 1, 1),
    'no value': bytesOf(),
    'half a value': bytesOf(0x92, 1),
    'two values': bytesOf(1, 2),
    'the byte that msgpack does not have': bytesOf(0xc1),
    undefined: bytesOf(0xd4, 0, 0),
    'a dictionary that nobody has': bytesOf(0xc1, 1, 1, 2, 3, 4, 0x80),
    'deep nesting': bytesOf(...new Array(300).fill(0x91), 1),
  };

  it.for(Object.entries(bytes))('is what JavaScript makes of %s', ([, each]) => {
    for (const cache of [open(), open({ codec: 'msgpack' })]) {
      cache.setBytes('key', each);
      expectSame(cache);
    }
  });

  it('is what JavaScript makes of any bytes', async () => {
    const cache = await trained();
    cache.set('key', image(1));
    const plain = cache.getBytes('key')!;
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(plain.length - 1), fc.nat(255)), { minLength: 1, maxLength: 4 }),
        (changes) => {
          const changed = Buffer.from(plain);
          for (const [at, byte] of changes) changed[at] = byte;
          cache.setBytes('key', changed);
          expectSame(cache);
        },
      ),
      { seed: testSeed(), numRuns: sized(20_000, 1000) },
    );
  });
});

describe('getJson with prototypes that were changed', () => {
  const patches: [object, PropertyKey, unknown][] = [
    [Date.prototype, 'toJSON', () => 'patched'],
    [Date.prototype, 'toISOString', () => 'patched'],
    [Date.prototype, 'valueOf', () => Number.NaN],
    [Date.prototype, Symbol.toPrimitive, () => Number.POSITIVE_INFINITY],
    [Object.prototype, 'toJSON', () => 'patched'],
    [Array.prototype, 'toJSON', () => undefined],
  ];

  it.for(patches)('is what JSON.stringify makes of the value: %#', ([object, name, value]) => {
    const cache = open();
    cache.set('key', { date: new Date(0), list: [1], object: { a: 1 } });
    const before = Object.getOwnPropertyDescriptor(object, name);
    Object.defineProperty(object, name, { value, configurable: true, writable: true });
    let json: unknown;
    let text: unknown;
    try {
      json = String(cache.getJson('key'));
      text = JSON.stringify(cache.get('key'));
    } finally {
      if (before === undefined) delete (object as Record<PropertyKey, unknown>)[name];
      else Object.defineProperty(object, name, before);
    }
    expect(json).toBe(text);
    expectSame(cache);
  });
});

describe('getJson of compact values', () => {
  it('has names that need escapes, and keys that JavaScript sorts', async () => {
    const more = { 'a "quoted" name': 1, 'back\\slash': 2, constructor: 3, '007': 4 };
    const cache = await trained(more);
    for (const value of [
      { ...image(1), ...more },
      { ...image(1), 12: 1, 7: 2 },
      [image(1), image(2)],
    ]) {
      cache.set('key', value);
      expectSame(cache);
      expect(isNative(cache)).toBe(true);
    }
  });

  it.runIf(dataFolder)(`is made by native code for metadata of real files${dataNote}`, async () => {
    const cache = open({ maxBytes: 64 * MIB });
    const lines = readFileSync(join(dataFolder!, 'corpus', 'real.ndjson'), 'utf8')
      .trim()
      .split('\n');
    const records = lines.map((line) => JSON.parse(line));
    for (let round = 0; round < 2; round++) {
      records.forEach((record, i) => void cache.set(`${i}`, record));
      await until(() => cache.stats().dictionaryTrainings > 0);
    }
    records.forEach((record, i) => {
      expect(String(cache.getJson(`${i}`))).toBe(JSON.stringify(record));
      expect(isNative(cache, `${i}`)).toBe(true);
    });
  });
});
