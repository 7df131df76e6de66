// Properties are tried on more random inputs with EBBCACHE_FULL=1.

import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ArenaCache } from '../lib/arena/arena-cache.js';
import { readBuffer } from '../lib/arena/read-buffer.js';
import { EncodeError } from '../lib/codec/encode-error.js';
import { MsgpackCodec } from '../lib/codec/msgpack-codec.js';
import { sized } from './helpers/full-size.js';
import { runScript, silentSuccess } from './helpers/run-script.js';

const MIB = 1024 * 1024;
const codec = new MsgpackCodec();

function encode(value: unknown): Buffer {
  const encoded = codec.encode(value);
  return Buffer.from(encoded.subarray(encoded.start, encoded.end));
}

/** Returns the value decoded from a buffer that holds something else when this returns. */
function roundTrip(value: unknown): unknown {
  const encoded = encode(value);
  const padded = Buffer.concat([encoded, Buffer.alloc(100, 0xc1)]);
  const decoded = codec.decode(padded, encoded.length);
  padded.fill(0x5a);
  return decoded;
}

const text = fc.string({ unit: 'binary', maxLength: 200 });
const leaf = fc.oneof(
  { weight: 4, arbitrary: text },
  fc.double(),
  fc.string({ unit: fc.nat(0xffff).map((unit) => String.fromCharCode(unit)) }),
  fc.maxSafeInteger(),
  fc.integer(),
  fc.boolean(),
  fc.constantFrom(null, undefined, Number.POSITIVE_INFINITY, Number.NaN),
  fc.bigInt({ min: -(2n ** 70n), max: 2n ** 70n }),
  fc.bigInt(),
  fc.date({ noInvalidDate: true, min: new Date(-8.64e15), max: new Date(8.64e15) }),
  fc.date({ noInvalidDate: true, min: new Date(-5e12), max: new Date(5e12) }),
  fc.uint8Array().map((bytes) => Buffer.from(bytes)),
  fc.uint8Array(),
  fc.uint8Array().map((bytes) => bytes.slice().buffer),
  fc.uint8ClampedArray(),
  fc.int8Array(),
  fc.int16Array(),
  fc.uint16Array(),
  fc.int32Array(),
  fc.uint32Array(),
  fc.float32Array(),
  fc.float64Array(),
  fc.array(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n })).map((all) => BigUint64Array.from(all)),
  fc.array(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })).map((a) => BigInt64Array.from(a)),
);
const key = fc.oneof(
  { weight: 5, arbitrary: fc.string({ unit: 'binary', maxLength: 40 }) },
  fc.constantFrom('__proto__', 'constructor', 'prototype', 'toJSON', 'hasOwnProperty', 'length'),
  fc.constantFrom('valueOf', 'toString', '', '0', '1', '-1', 'then', 'size', 'buffer'),
);
const { value } = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    leaf,
    fc.array(tie('value'), { maxLength: 6 }),
    fc.array(fc.tuple(key, tie('value')), { maxLength: 6 }).map(fromOwnEntries),
    fc.array(fc.tuple(tie('value'), tie('value')), { maxLength: 4 }).map((all) => new Map(all)),
    fc.array(tie('value'), { maxLength: 4 }).map((all) => new Set(all)),
  ),
}));

function fromOwnEntries(entries: [string, unknown][]): Record<string, unknown> {
  return Object.fromEntries(entries);
}

describe('a round trip', () => {
  it('returns any value unchanged', () => {
    fc.assert(
      fc.property(value, (value) => {
        expect(roundTrip(value)).toSatisfy((decoded) => isDeepStrictEqual(decoded, value));
      }),
      { numRuns: sized(800, 250) },
    );
  });

  it('of one value is independent of another', () => {
    fc.assert(
      fc.property(value, value, (first, second) => {
        const [one, two] = [encode(first), encode(second)];
        const decoded = codec.decode(one, one.length);
        codec.decode(two, two.length);
        encode(second);
        expect(isDeepStrictEqual(decoded, first)).toBe(true);
      }),
      { numRuns: sized(300, 100) },
    );
  });

  it('leaves as much room in front as requested, and encodes the same bytes', () => {
    fc.assert(
      fc.property(value, fc.integer({ min: 0, max: 100_000 }), (value, headroom) => {
        const plain = encode(value);
        const encoded = codec.encode(value, headroom);
        const { start, end } = encoded;
        expect(start).toBe(headroom);
        expect(encoded.subarray(start, end)).toEqual(plain);
        encoded.fill(0x5a, 0, headroom);
        const decoded = codec.decodeRange(encoded, start, end);
        expect(decoded).toSatisfy((decoded) => isDeepStrictEqual(decoded, value));
        expect(codec.encode(value).start).toBe(0);
        codec.encode(value, headroom);
        expect(codec.encodeAll([value]).start).toBe(0);
      }),
      { numRuns: sized(200, 70) },
    );
  });

  it('leaves room in front of a value larger than the buffer', () => {
    const text = 'é'.repeat(MIB);
    const encoded = codec.encode(text, 32);
    expect(codec.decodeRange(encoded, encoded.start, encoded.end)).toBe(text);
    expect(encoded.start).toBe(32);
    const inner = {
      get inner() {
        return codec.encode('x', 8).start;
      },
    };
    const outer = codec.encode(inner, 32);
    expect(codec.decodeRange(outer, outer.start, outer.end)).toEqual({ inner: 8 });
    expect(outer.start).toBe(32);
  });

  it.each([
    0,
    1,
    -1,
    999,
    1000,
    -62_135_596_800_000,
    -315_619_199_877,
    2 ** 31 * 1000,
    2 ** 32 * 1000 - 1,
    2 ** 32 * 1000 + 1,
    2 ** 34 * 1000 - 1,
    2 ** 34 * 1000 + 123,
    253_402_300_799_999,
    8.64e15,
    8.64e15 - 1,
    -8.64e15,
    -8.64e15 + 1,
    1_234_567_890_123,
  ])('preserves the ms of the date %s', (ms) => {
    expect((roundTrip(new Date(ms)) as Date).getTime()).toBe(ms);
  });

  it('preserves an invalid date', () => {
    const date = roundTrip({ at: new Date(Number.NaN) }) as { at: Date };
    expect(date.at).toBeInstanceOf(Date);
    expect(date.at.getTime()).toBeNaN();
  });

  it('distinguishes whole bigints from numbers', () => {
    const values = [
      0n,
      1n,
      -1n,
      2n ** 63n,
      2n ** 64n - 1n,
      -(2n ** 63n),
      2n ** 2000n,
      -(7n ** 999n),
    ];
    expect(roundTrip(values)).toEqual(values);
    expect(roundTrip([2 ** 53, -(2 ** 63), 5e-324, 1.7e308])).toEqual([
      2 ** 53,
      -(2 ** 63),
      5e-324,
      1.7e308,
    ]);
  });

  it('preserves the type of a view on a part of a buffer, and drops the rest of it', () => {
    const whole = new Float64Array([1, 2, 3, 4]);
    const part = roundTrip(whole.subarray(1, 3)) as Float64Array;
    expect(part).toStrictEqual(new Float64Array([2, 3]));
    expect(part.buffer.byteLength).toBe(16);
    const view = roundTrip(new DataView(whole.buffer, 8, 8)) as DataView;
    expect(view).toBeInstanceOf(DataView);
    expect(view.getFloat64(0, true)).toBe(2);
    expect(roundTrip(Buffer.from('abc').subarray(1))).toStrictEqual(Buffer.from('bc'));
  });

  it('preserves regular expressions', () => {
    expect(roundTrip([/a(b)\/c/giu, /(?:)/])).toEqual([/a(b)\/c/giu, /(?:)/]);
  });

  it('preserves -0', () => {
    expect(roundTrip(-0)).toBe(-0);
    expect(roundTrip([-0, 0, { x: -0 }])).toStrictEqual([-0, 0, { x: -0 }]);
    expect(roundTrip(new Map([[1, -0]]))).toStrictEqual(new Map([[1, -0]]));
  });

  it('preserves the holes of arrays', () => {
    const sparse: unknown[] = [1, undefined];
    sparse[3] = [new Array(2)];
    const ends = [new Array(3), Object.assign(new Array(4), { 3: 'x' }), new Array(70_000)];
    for (const value of [sparse, ...ends, { sparse, after: 'x' }]) {
      const found = roundTrip(value);
      expect(isDeepStrictEqual(found, value)).toBe(true);
    }
    expect(Object.keys(roundTrip(sparse) as object)).toEqual(['0', '1', '3']);
  });

  it('preserves lone surrogates in strings and keys of any length', () => {
    for (const lone of ['\ud800', '\udc00', 'a\udc00\ud800z', '\ud83d\ude00\ud83d']) {
      for (const fill of [0, 1, 20, 30, 61, 62, 63, 64, 200, 2000, 70_000]) {
        for (const filler of ['x', 'é', '東', '😀', '\ufffd']) {
          const text = filler.repeat(fill) + lone;
          const value = { text, [text]: [text, 'é'], after: new Map([[text, text]]) };
          expect(isDeepStrictEqual(roundTrip(value), value)).toBe(true);
          const wellFormed = `${filler.repeat(fill)}${text.toWellFormed()}`;
          expect(roundTrip([wellFormed, 'é'])).toStrictEqual([wellFormed, 'é']);
        }
      }
    }
    const error = roundTrip(new Error('\ud800', { cause: '\udc00' })) as Error;
    expect([error.message, error.cause]).toEqual(['\ud800', '\udc00']);
    expect(roundTrip(/\ud800/)).toEqual(/\ud800/);
    expect(roundTrip(/\udc00/)).toEqual(/\udc00/);
  });

  it('preserves errors with name, message and cause', () => {
    const cause = { map: new Map([[1, { deep: true }]]), why: new RangeError('inner') };
    const error = roundTrip(new TypeError('outer', { cause })) as Error;
    expect(error).toBeInstanceOf(TypeError);
    expect(error.message).toBe('outer');
    expect(error.cause).toEqual(cause);
    expect((error.cause as typeof cause).why).toBeInstanceOf(RangeError);
    expect(error.stack).toBe('TypeError: outer');
    for (const name of ['__proto__', 'constructor', 'toString', 'Custom', '']) {
      const named = roundTrip(Object.assign(new Error('text'), { name })) as Error;
      expect(named).toBeInstanceOf(Error);
      expect([named.name, named.message, Object.keys(named)]).toEqual([name, 'text', []]);
      expect('cause' in named).toBe(false);
    }
  });

  it('preserves long texts, wide records and deep nesting', () => {
    let deep: unknown = 'end';
    for (let i = 0; i < 250; i++) deep = i % 2 ? [deep] : { deep };
    const wide = Object.fromEntries(Array.from({ length: 70_000 }, (_, i) => [`name${i}`, i]));
    const values = [
      'x'.repeat(3 * MIB),
      'é😀'.repeat(100_000),
      deep,
      wide,
      Array(70_000).fill('a'),
    ];
    for (const value of values) expect(isDeepStrictEqual(roundTrip(value), value)).toBe(true);
    const longName = { ['k'.repeat(70_000)]: 1 };
    expect(roundTrip(longName)).toStrictEqual(longName);
  });
});

describe('a lossy round trip', () => {
  it('drops prototypes, classes, and members under symbols', () => {
    class Point {
      x = 1;
      #secret = 2;
      toJSON() {
        return { secret: this.#secret };
      }
    }
    class Table extends Map<string, number> {}
    expect(roundTrip(Object.assign(Object.create(null), { a: 1 }))).toStrictEqual({ a: 1 });
    expect(roundTrip(new Point())).toStrictEqual({ x: 1 });
    expect(roundTrip(new Table([['a', 1]]))).toStrictEqual(new Map([['a', 1]]));
    expect(roundTrip({ [Symbol('s')]: 1, a: 2 })).toStrictEqual({ a: 2 });
    expect(roundTrip(Object.assign([1], { extra: 2 }))).toStrictEqual([1]);
  });
});

describe('names that have a meaning in JavaScript', () => {
  it('remain data', () => {
    const source =
      '{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}},"toJSON":5,' +
      '"a":[{"__proto__":null}],"b":{"__proto__":[1],"c":{"__proto__":2}},"hasOwnProperty":0}';
    const value = JSON.parse(source);
    const decoded = roundTrip(value) as Record<string, unknown>;
    expect(JSON.stringify(decoded)).toBe(source);
    expect(Object.getPrototypeOf(decoded)).toBe(Object.prototype);
    expect(Object.getPrototypeOf(decoded.b)).toBe(Object.prototype);
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
    expect((decoded as { polluted?: unknown }).polluted).toBeUndefined();
  });

  it('remain data within Maps, Sets and errors', () => {
    const evil = JSON.parse('{"__proto__":{"polluted":1}}');
    const value = [new Map([[evil, evil]]), new Set([evil]), new Error('x', { cause: evil })];
    const [map, set, error] = roundTrip(value) as [Map<object, object>, Set<object>, Error];
    for (const each of [...map.keys(), ...map.values(), ...set, error.cause]) {
      expect(JSON.stringify(each)).toBe('{"__proto__":{"polluted":1}}');
      expect((each as { polluted?: unknown }).polluted).toBeUndefined();
    }
  });

  it('never become code', async () => {
    const script = `
      const cache = new ebbcache.ArenaCache({ maxBytes: 1 << 20 });
      const value = { a: 1, 'b c': [{ 'x;throw 1': 2 }], list: Array(50).fill({ name: 'n', at: new Date(5) }) };
      for (let i = 0; i < 2000; i++) {
        cache.set('key', value);
        cache.get('key');
      }
      const found = cache.get('key');
      if (JSON.stringify(found) !== JSON.stringify(value)) throw new Error('not the same');
      cache.close();`;
    const outcome = await runScript(script, ['--disallow-code-generation-from-strings']);
    expect(outcome).toEqual(silentSuccess);
  });
});

describe('values that cannot be encoded', () => {
  it('leave the codec unchanged', () => {
    const bad = [
      () => 1,
      { deep: [Symbol('s')] },
      revokedProxy(),
      {
        get broken() {
          throw new Error('a getter that throws');
        },
      },
      { text: 'x'.repeat(2 * MIB), last: Promise.resolve() },
    ];
    for (const value of bad) {
      expect(() => codec.encode(value)).toThrow(EncodeError);
      expect(roundTrip({ still: ['works'] })).toEqual({ still: ['works'] });
    }
  });

  it('are reported in a sentence', () => {
    expect(() => codec.encode({ a: [1, () => 1] })).toThrow(
      "The value at 'a[1]' cannot be stored: it is a function. Leave it out.",
    );
    expect(() => codec.encode(Promise.resolve())).toThrow(
      'The value cannot be stored: it is of the class Promise, of which the content cannot be copied. ' +
        'Leave it out, or store plain data in its place.',
    );
  });

  function revokedProxy(): object {
    const { proxy, revoke } = Proxy.revocable({}, {});
    revoke();
    return { proxy };
  }
});

describe('the buffers of the codec', () => {
  it('are small again after a large value', () => {
    const cache = new ArenaCache<unknown>({ maxBytes: 64 * MIB, ebb: false });
    const large = { text: 'x'.repeat(2 * MIB), bytes: Buffer.alloc(9 * MIB, 7) };
    expect(cache.set('large', large)).toBe(true);
    for (let i = 0; i < 3; i++) {
      expect(isDeepStrictEqual(cache.get('large'), large)).toBe(true);
      expect(readBuffer.length).toBeLessThanOrEqual(MIB);
    }
    cache.close();
    codec.encode(large);
    expect(codec.encode('small').length).toBeLessThanOrEqual(MIB);
  });
});
