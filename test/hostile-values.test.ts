// Tests values whose getters lie, that change while they are read, or whose bytes have no end.

import { constants } from 'node:buffer';
import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ArenaCache } from '../lib/arena/arena-cache.js';
import { EncodeError } from '../lib/codec/encode-error.js';
import { MsgpackCodec } from '../lib/codec/msgpack-codec.js';
import { ABSENT_STATE } from '../lib/files/file-state.js';
import { LocalRecords } from '../lib/tiers/local-records.js';
import { anyValue } from './helpers/any-value.js';
import { hasOtherBytes, hostile, SECRET } from './helpers/hostile-values.js';

const MIB = 1024 * 1024;
const codec = new MsgpackCodec();

let cache: ArenaCache;
beforeEach(() => {
  cache = new ArenaCache({ maxBytes: MIB, ebb: false });
});
afterEach(() => cache.close());

/** Returns the stored value; undefined if it is refused. */
function stored(value: unknown): unknown {
  return cache.set('key', value) ? cache.get('key') : undefined;
}

function lying<T extends object>(object: T, lies: Record<string | symbol, unknown>): T {
  for (const name of Reflect.ownKeys(lies)) {
    Object.defineProperty(object, name, { value: lies[name as string] });
  }
  return object;
}

describe('any value', () => {
  it('is returned unchanged, or is refused', () => {
    fc.assert(
      fc.property(anyValue(), (value) => {
        if (value === undefined) return;
        const first = outcomeOf(value);
        // The value that it became is stored without a further change.
        if (first !== EncodeError) expect(isDeepStrictEqual(stored(first), first)).toBe(true);
      }),
      { numRuns: 500 },
    );
    const invalid = stored({ at: [new Date(Number.NaN)] });
    expect(invalid).toStrictEqual({ at: [new Date(Number.NaN)] });
  });

  it('never reveals the data of other entries, whatever its getters return', () => {
    cache.set('other', SECRET.repeat(1000));
    fc.assert(
      fc.property(hostile(), (value) => {
        cache.get('other');
        const found = outcomeOf(value);
        if (found === EncodeError) return;
        expect(hasOtherBytes(found)).toBe(false);
        expect(isDeepStrictEqual(outcomeOf(found), found)).toBe(true);
      }),
      { numRuns: 500 },
    );
  });
});

/** Returns the decoded value, or EncodeError if it is refused. Any other exception fails the test. */
function outcomeOf(value: unknown): unknown {
  try {
    return cache.set('key', value) ? cache.get('key') : EncodeError;
  } catch (error) {
    if (error instanceof EncodeError) return EncodeError;
    throw error;
  }
}

describe('typed arrays', () => {
  it('are stored as those of the base class where they are of a subclass', () => {
    class Pixels extends Float32Array {}
    class Inner extends Pixels {}
    class Bytes extends Uint8Array {}
    class Wide extends BigInt64Array {}
    expect(stored(Pixels.of(1, 2))).toStrictEqual(Float32Array.of(1, 2));
    expect(stored({ a: [Inner.of(3)] })).toStrictEqual({ a: [Float32Array.of(3)] });
    expect(stored(Bytes.of(1, 2))).toStrictEqual(Uint8Array.of(1, 2));
    expect(stored(Wide.of(-1n))).toStrictEqual(BigInt64Array.of(-1n));
    expect(stored(Object.setPrototypeOf(Float32Array.of(1), Buffer.prototype))).toStrictEqual(
      Float32Array.of(1),
    );
  });

  const Float16 = (globalThis as unknown as { Float16Array?: typeof Float32Array }).Float16Array;
  it.skipIf(Float16 === undefined)(
    'are refused with their place where they hold 16-bit floats',
    () => {
      expect(() => cache.set('key', { a: [new Float16!(2)] })).toThrow(/The value at 'a\[0\]'/);
    },
  );

  it('are stored with the bytes that the engine reports', () => {
    const lies = {
      length: 200_000,
      byteLength: 200_000,
      byteOffset: 8,
      buffer: new ArrayBuffer(10),
      constructor: Float64Array,
      [Symbol.toStringTag]: 'Float64Array',
    };
    for (const make of [Uint8Array, Int16Array, Float64Array]) {
      expect(stored([lying(make.of(1, 2, 3), lies)])).toStrictEqual([make.of(1, 2, 3)]);
    }
    expect(stored(lying(Buffer.from('abc'), lies))).toStrictEqual(Buffer.from('abc'));
    const view = lying(new DataView(new ArrayBuffer(2)), lies);
    expect((stored(view) as DataView).byteLength).toBe(2);
    const buffer = lying(new ArrayBuffer(3), { byteLength: 100 });
    expect(stored(buffer)).toStrictEqual(new ArrayBuffer(3));
  });

  it('are copied unchanged from shared and resizable memory', () => {
    type Resizable = ArrayBuffer & { resize(bytes: number): void };
    const Buffers = ArrayBuffer as unknown as new (n: number, o: object) => Resizable;
    const buffer = new Buffers(8, { maxByteLength: 16 });
    const [tracking, fixed] = [new Uint8Array(buffer), new Uint8Array(buffer, 4, 4)];
    const shrinking = {
      tracking,
      get shrink() {
        buffer.resize(2);
        return 1;
      },
      fixed,
      tracked: tracking,
    };
    expect(stored(shrinking)).toStrictEqual({
      tracking: new Uint8Array(8),
      shrink: 1,
      fixed: new Uint8Array(0),
      tracked: new Uint8Array(2),
    });
    const shared = new SharedArrayBuffer(3);
    expect(stored(new Uint8Array(shared).fill(7))).toStrictEqual(Uint8Array.of(7, 7, 7));
    expect(stored({ shared })).toStrictEqual({ shared: Uint8Array.of(7, 7, 7).buffer });
    const moved = new Uint8Array(4);
    structuredClone(moved.buffer, { transfer: [moved.buffer] });
    expect(stored([moved])).toStrictEqual([new Uint8Array(0)]);
  });
});

describe('bytes that are stored without encoding', () => {
  it('are as many as the engine reports', () => {
    cache.set('other', 'secret'.repeat(50));
    for (const length of [200, 0, -1, 1.5, 'x']) {
      expect(
        cache.setBytes('key', lying(Uint8Array.of(1, 2, 3), { length, byteLength: length })),
      ).toBe(true);
      expect(cache.getBytes('key')).toEqual(Buffer.of(1, 2, 3));
    }
    const shared = new Uint8Array(new SharedArrayBuffer(5)).fill(9);
    expect(cache.setBytes('key', shared, { ttl: 1000, cost: 1 })).toBe(true);
    expect(cache.getBytes('key')).toEqual(Buffer.alloc(5, 9));
    expect(cache.setBytes('key', new Uint8Array())).toBe(true);
    expect(cache.getBytes('key')).toEqual(Buffer.alloc(0));
    expect(() => cache.setBytes('key', new Proxy(Uint8Array.of(1), {}))).toThrow(TypeError);
    expect(() => cache.setBytes('key', Int8Array.of(1) as never)).toThrow(TypeError);
  });
});

describe('objects that only resemble a class', () => {
  it.each([
    ['Date', Object.create(Date.prototype)],
    ['Map', new Proxy(new Map([[1, 2]]), {})],
    ['Set', Object.create(Set.prototype)],
    ['RegExp', new Proxy(/a/, {})],
    ['ArrayBuffer', Object.create(ArrayBuffer.prototype)],
  ])('are refused with their place: %s', (_, value) => {
    expect(() => cache.set('key', { at: [value] })).toThrow(EncodeError);
    expect(() => cache.set('key', { at: [value] })).toThrow(/'at\[0\]'/);
  });

  it('are read from their internal slots, whatever their properties return', () => {
    const date = lying(new Date(5), { getTime: () => 7, getMilliseconds: () => 7 });
    expect((stored(date) as Date).valueOf()).toBe(5);
    const regExp = lying(/a/g, { source: '(', flags: 'zz', global: false });
    expect(stored(regExp)).toStrictEqual(/a/g);
    const map = lying(new Map([[1, 2]]), { size: 50, keys: () => [], forEach: () => {} });
    expect([...(stored(map) as Map<number, number>)]).toStrictEqual([[1, 2]]);
    const odd = [Number.NaN, -8.64e15, -1, 2 ** 32 * 1000].map((ms) => new Date(ms));
    expect(stored(odd)).toStrictEqual(odd);
  });

  it('are refused where they change while they are read', () => {
    const map = new Map<unknown, unknown>();
    map.set('a', {
      get grow() {
        return map.set(map.size, 1).size;
      },
    });
    expect(() => cache.set('key', map)).toThrow(EncodeError);
    const set = new Set<unknown>();
    set
      .add({
        get shrink() {
          return set.delete('last');
        },
      })
      .add('last');
    expect(() => cache.set('key', set)).toThrow(EncodeError);
    const array = new Proxy([1], { get: (_, name) => (name === 'length' ? Number.NaN : 1) });
    expect(() => cache.set('key', { array })).toThrow(/'array'/);
  });
});

describe('names of Object.prototype', () => {
  it('are ordinary keys', () => {
    const names = [
      'constructor',
      'toString',
      '__proto__',
      'valueOf',
      '__defineGetter__',
      'hasOwnProperty',
    ];
    const record = Object.fromEntries(names.map((name, i) => [name, { [name]: i }]));
    const found = stored(record) as Record<string, unknown>;
    expect(Object.entries(found)).toEqual(Object.entries(record));
    expect(Object.getPrototypeOf(found)).toBe(Object.prototype);
    expect(stored({ ['k'.repeat(70_000)]: 1, after: /x/ })).toStrictEqual({
      ['k'.repeat(70_000)]: 1,
      after: /x/,
    });
  });
});

describe('a string that is too long to be read back', () => {
  it('is refused with its place', () => {
    const large = new ArenaCache({ maxBytes: 2 ** 30, ebb: false });
    large.set('key', 'before');
    const text = 'é'.repeat(Math.ceil((constants.MAX_STRING_LENGTH + 1) / 2));
    expect(() => large.set('key', { a: [text] })).toThrow(/'a\[0\]' cannot be stored.*Split it/);
    expect(() => large.set('key', { [text]: 1 })).toThrow(EncodeError);
    expect(large.get('key')).toBe('before');
    large.close();
    // The text does not fit this cache either, so the set returns false.
    expect(cache.set('key', text)).toBe(false);
  });
});

describe('a value that is too large', () => {
  let reads = 0;
  const counted = {
    get member() {
      reads++;
      return 1;
    },
  };
  const bombs: Record<string, () => unknown> = {
    'a doubling array': () => {
      let a: unknown = counted;
      for (let i = 0; i < 40; i++) a = [a, a];
      return a;
    },
    'a doubling record': () => {
      let a: unknown = counted;
      for (let i = 0; i < 40; i++) a = { a, b: a };
      return a;
    },
    'a doubling Map': () => {
      let a: unknown = counted;
      for (let i = 0; i < 40; i++)
        a = new Map([
          [1, a],
          [2, a],
        ]);
      return a;
    },
    'a doubling Set': () => {
      let a: unknown = counted;
      for (let i = 0; i < 40; i++) a = new Set([[a], [a]]);
      return a;
    },
    'a length without members': () => Object.assign([], { length: 2 ** 32 - 1 }),
    'a long string': () => 'x'.repeat(2 ** 28),
    'a string of wide characters': () => '\u20ac'.repeat(MIB / 2),
    'a key': () => ({ ['x'.repeat(2 * MIB)]: 1 }),
    'large bytes': () => new Float64Array(MIB),
    'a large integer': () => 1n << BigInt(64 * MIB),
    'a large negative integer': () => -(1n << BigInt(64 * MIB)),
    'a large Map': () => new Map(Array.from({ length: MIB }, (_, i) => [i, i])),
    'a large Set': () => new Set(Array.from({ length: MIB * 1.5 }, (_, i) => i)),
    'an endless Set': () => {
      const set = new Set<unknown>();
      const more = () => ({
        get add() {
          set.add(more());
          return 1;
        },
      });
      return set.add([more(), 'x'.repeat(2 * MIB)]);
    },
    'inherited names': () =>
      Array(MIB / 2).fill(
        Object.create(Object.fromEntries(Array.from({ length: 1000 }, (_, i) => [`n${i}`, i]))),
      ),
  };

  it.each(Object.entries(bombs))('is refused with an error that names it: %s', (_, make) => {
    reads = 0;
    cache.set('key', 'before');
    const value = make();
    expect(cache.set('key', value)).toBe(false);
    expect(
      cache.setMany([
        ['one', 1],
        ['key', value],
        ['two', 2],
      ]),
    ).toEqual([true, false, true]);
    expect(cache.get('key')).toBe('before');
    expect(cache.get('two')).toBe(2);
    expect(cache.stats().rejections).toBe(2);
    // The value is read twice, and each member takes at least one byte.
    expect(reads).toBeLessThanOrEqual(2 * MIB);
    expect(codec.encode(1).length).toBeLessThanOrEqual(MIB);
  });

  it('is refused as metadata too', () => {
    const records = new LocalRecords({ maxBytes: MIB, ebb: false });
    const a = bombs['a doubling record']!() as Record<string, unknown>;
    expect(records.encode(ABSENT_STATE, a, 0)).toBeUndefined();
    expect(records.store('key', records.encode(ABSENT_STATE, a, 0))).toBe(false);
    expect(records.stats().rejections).toBe(1);
    records.arena.close();
  });

  it('is refused where the budget has shrunk, and stored where it has not', () => {
    const text = 'x'.repeat(MIB * 0.7);
    expect(cache.set('key', text)).toBe(true);
    cache.resize(MIB / 2);
    expect(cache.set('key', text)).toBe(false);
    cache.resize(2 * MIB);
    expect(cache.set('key', text.repeat(2))).toBe(true);
    expect(cache.get('key')).toBe(text.repeat(2));
  });

  it('does not affect the outer value whose getter sets it', () => {
    const inner = new ArenaCache({ maxBytes: MIB, ebb: false });
    const outer = {
      before: 'b',
      get middle() {
        return [inner.set('in', 'x'.repeat(3 * MIB)), inner.set('in', 'y'.repeat(100_000))];
      },
      after: 'a'.repeat(100_000),
    };
    expect(stored(outer)).toStrictEqual({
      before: 'b',
      middle: [false, true],
      after: 'a'.repeat(100_000),
    });
    expect(inner.get('in')).toBe('y'.repeat(100_000));
    inner.close();
  });
});
