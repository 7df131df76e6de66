// Tests that values of this realm and of another vm context are decoded unchanged, or are refused with their place.

import { isDeepStrictEqual, types } from 'node:util';
import vm from 'node:vm';
import { MessageChannel } from 'node:worker_threads';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EncodeError } from '../lib/codec/encode-error.js';
import { MsgpackCodec } from '../lib/codec/msgpack-codec.js';

const codec = new MsgpackCodec();
const other = vm.createContext({ SharedArrayBuffer });

function roundTrip(value: unknown): unknown {
  const encoded = codec.encode(value);
  const bytes = Buffer.from(encoded.subarray(encoded.start, encoded.end));
  return codec.decode(bytes, bytes.length);
}

/** Realms are ignored, because the clones all have the same one. */
function isSame(value: unknown, expected: unknown): boolean {
  return isDeepStrictEqual(structuredClone(value), structuredClone(expected));
}

/** Returns what the code evaluates to here, and in a realm of its own. */
function inBoth(code: string): [realm: string, value: unknown][] {
  return [
    ['this realm', vm.runInThisContext(`(${code})`)],
    ['another realm', vm.runInContext(`(${code})`, other)],
  ];
}

describe.each([
  ['new Date(5)', types.isDate],
  ['new Map([[1, { a: [2] }]])', types.isMap],
  ['new Set([1, "x"])', types.isSet],
  ['/a(b)/gi', types.isRegExp],
  ['new RangeError("no", { cause: new Date(7) })', types.isNativeError],
  ['new Uint8Array([1, 2])', types.isUint8Array],
  ['new Float64Array([1.5]).subarray(0, 1)', types.isFloat64Array],
  ['new BigInt64Array([1n])', types.isBigInt64Array],
  ['new Uint8Array([1, 2, 3]).buffer', types.isArrayBuffer],
  ['new ArrayBuffer(2, { maxByteLength: 8 })', types.isArrayBuffer],
  ['new DataView(new ArrayBuffer(3), 1)', types.isDataView],
  ['[1, [2, { a: 3 }]]', Array.isArray],
  ['{ a: 1, b: { c: null, d: undefined } }', isRecord],
  ['{}', isRecord],
  ['Object.freeze({ a: Object.freeze([1]) })', isRecord],
  ['new (class extends Date {})(5)', types.isDate],
  ['new (class extends Map {})([[1, 2]])', types.isMap],
  ['new (class extends Error {})("mine")', types.isNativeError],
  ['Object.setPrototypeOf(new Date(5), RegExp.prototype)', types.isDate],
])('%s', (code, isWhatItWas) => {
  it.each(inBoth(code))('of %s is decoded as it was encoded', (_, value) => {
    const [found] = roundTrip([value]) as [unknown];
    expect(isWhatItWas(found)).toBe(true);
    if (types.isNativeError(value)) {
      const { name, message, cause } = found as Error;
      expect({ name, message }).toEqual({ name: value.name, message: value.message });
      expect(isSame(cause, value.cause)).toBe(true);
    } else {
      expect(isSame(found, value)).toBe(true);
    }
  });
});

function isRecord(value: unknown): boolean {
  return Object.getPrototypeOf(value) === Object.prototype;
}

describe.each([
  'Promise.resolve(1)',
  'new WeakMap()',
  'new WeakSet()',
  'new WeakRef({})',
  'new FinalizationRegistry(() => {})',
  'new String("x")',
  'new String("")',
  'new Number(1)',
  'new Boolean(false)',
  'Object(1n)',
  'Object(Symbol())',
  '[1][Symbol.iterator]()',
  'new Map([[1, 2]]).entries()',
  '"x".matchAll(/x/g)',
  '(function* () {})()',
  '(async function* () {})()',
  'new Intl.NumberFormat()',
  'new Intl.DateTimeFormat()',
  'new Intl.Locale("en")',
  'new Intl.Segmenter().segment("a")',
  'new WebAssembly.Memory({ initial: 1 })',
  '(function () { return arguments; })(1, 2)',
  '(function () { return arguments; })()',
  'Math',
  'Intl',
  '() => 1',
  'Symbol("s")',
  'new Proxy(new Date(5), {})',
  'new Proxy(new Map(), {})',
  'new Proxy(Promise.resolve(), {})',
  'Object.create(Date.prototype)',
  'Object.assign(new (class extends Promise {})(() => {}), { extra: 1 })',
  'new (class extends WeakMap {})()',
  'new (class { #hidden = 1; })()',
])('%s', (code) => {
  it.each(inBoth(code))('of %s is refused with its place', (_, value) => {
    expectRefusal(value);
  });
});

function expectRefusal(value: unknown): void {
  let refusal: unknown;
  try {
    roundTrip({ a: [0, value] });
  } catch (error) {
    refusal = error;
  }
  expect(refusal).toBeInstanceOf(EncodeError);
  expect((refusal as EncodeError).path).toBe('a[1]');
  expect((refusal as EncodeError).message).toMatch(/\.$/);
}

describe('an object of a class of the platform', () => {
  const { port1, port2 } = new MessageChannel();
  port1.close();
  port2.close();
  const { Temporal } = globalThis as { Temporal?: { Now: { instant(): object } } };
  it.each<[string, object]>([
    ['URL', new URL('http://a/')],
    ['URLSearchParams', new URLSearchParams('a=1')],
    ['Headers', new Headers({ a: '1' })],
    ['Request', new Request('http://a/')],
    ['Response', new Response('x')],
    ['FormData', new FormData()],
    ['Blob', new Blob(['x'])],
    ['AbortController', new AbortController()],
    ['AbortSignal', AbortSignal.abort()],
    ['Event', new Event('x')],
    ['EventTarget', new EventTarget()],
    ['MessagePort', port1],
    ['TextDecoder', new TextDecoder()],
    ['ReadableStream', new ReadableStream()],
    ['TextEncoderStream', new TextEncoderStream()],
    ['SubtleCrypto', crypto.subtle],
    ['a subclass of URL', new (class extends URL {})('http://a/')],
    ...(Temporal ? [['Temporal.Instant', Temporal.Now.instant()] as [string, object]] : []),
  ])('is refused with its place: %s', (_, value) => {
    expectRefusal(value);
  });

  it('is named in the error by its class', () => {
    expect(() => codec.encode({ at: new URL('http://a/') })).toThrow(
      "The value at 'at' cannot be stored: it is of the class URL, of which the content cannot be copied. " +
        'Leave it out, or store plain data in its place.',
    );
    expect(() => codec.encode(new (class Money {})())).toThrow(/class Money, which has no fields/);
  });
});

describe('objects of other constructors', () => {
  it.each(
    inBoth(`[
    Object.assign(Object.create(null), { a: 1 }),
    new (class { x = 1; #y = 2; get z() { return 3; } toJSON() { return 4; } })(),
    new (class { x = 1; get [Symbol.toStringTag]() { return 'Mine'; } })(),
    { get x() { return 1; } },
    Object.create({ inherited: 1 }, { x: { value: 1, enumerable: true } }),
    new Proxy({ x: 1 }, {}),
    { x: 1, [Symbol('s')]: 2 },
    { __proto__: { y: 1 } },
    Object.create(null),
  ]`),
  )('of %s become plain objects with their fields', (_, values) => {
    expect(roundTrip(values)).toStrictEqual([
      { a: 1 },
      { x: 1 },
      { x: 1 },
      { x: 1 },
      { x: 1 },
      { x: 1 },
      { x: 1 },
      {},
      {},
    ]);
  });

  it.each(inBoth('{ get x() { return this; } }'))(
    'of %s that refer to themselves are refused',
    (_, value) => {
      expect(() => codec.encode(value)).toThrow(/refers to itself/);
    },
  );
});

describe('values of two realms', () => {
  /** Creates the value again by code of the realm. */
  const make = {
    here: vm.runInThisContext(makerCode()) as (plan: Plan) => unknown,
    there: vm.runInContext(makerCode(), other) as (plan: Plan) => unknown,
  };

  it('are decoded as equals, or are refused', () => {
    fc.assert(
      fc.property(plan(), (plan) => {
        const values = [make.here(plan), make.there(plan)].map((value) => ({ value }));
        const [here, there] = values.map(outcomeOf);
        if (hasOpaque(plan)) {
          expect([here, there]).toEqual([EncodeError, EncodeError]);
          return;
        }
        expect(isSame(here, values[0])).toBe(true);
        expect(isSame(there, values[0])).toBe(true);
      }),
      { numRuns: 500 },
    );
  });

  function outcomeOf(value: unknown): unknown {
    try {
      return roundTrip(value);
    } catch (error) {
      if (error instanceof EncodeError) return EncodeError;
      throw error;
    }
  }
});

type Plan = { kind: string; parts: unknown[] };

function plan(): fc.Arbitrary<Plan> {
  const unit = fc.nat(0xffff).map((code) => String.fromCharCode(code));
  const text = fc.oneof(fc.string(), fc.string({ unit, maxLength: 80 }));
  const leaf = fc.oneof(
    text,
    fc.double(),
    fc.integer(),
    fc.boolean(),
    fc.bigInt(),
    fc.constant(null),
  );
  const { any } = fc.letrec<{ any: Plan }>((tie) => {
    const members = fc.array(tie('any'), { maxLength: 4 });
    const of = (kind: string, parts: fc.Arbitrary<unknown[]>) =>
      fc.record({ kind: fc.constant(kind), parts });
    return {
      any: fc.oneof(
        { depthSize: 'small', withCrossShrink: true },
        { weight: 5, arbitrary: of('leaf', fc.tuple(leaf)) },
        of('date', fc.tuple(fc.integer())),
        of('bytes', fc.array(fc.nat(255))),
        of('floats', fc.array(fc.double())),
        { weight: 2, arbitrary: of('array', members) },
        of('sparse', members),
        {
          weight: 2,
          arbitrary: of(
            'record',
            fc.uniqueArray(fc.tuple(text, tie('any')), { maxLength: 4, selector: ([key]) => key }),
          ),
        },
        of('map', members),
        of('set', members),
        of('opaque', fc.tuple(fc.nat(5))),
      ),
    };
  });
  return any;
}

function hasOpaque(plan: Plan): boolean {
  if (plan.kind === 'opaque') return true;
  const isPlan = (part: unknown): part is Plan => Object(part).kind !== undefined;
  return plan.parts.flat().some((part) => isPlan(part) && hasOpaque(part));
}

/** The code is a string, so that each realm creates the objects by classes of its own. */
function makerCode(): string {
  return `(function make({ kind, parts }) {
    const all = () => Array.from(parts, (part) => make(part));
    switch (kind) {
      case 'leaf': return parts[0];
      case 'date': return new Date(parts[0]);
      case 'bytes': return new Uint8Array(parts);
      case 'floats': return Float64Array.from(parts);
      case 'array': return all();
      case 'sparse': { const array = new Array(parts.length * 2); all().forEach((each, i) => { array[i * 2] = each; }); return array; }
      case 'record': return Object.fromEntries(Array.from(parts, ([key, part]) => [key, make(part)]));
      case 'map': return new Map(all().map((each, i) => [i % 2 ? each : i, each]));
      case 'set': return new Set(all());
      case 'opaque': return [() => Promise.resolve(), () => new WeakMap(), () => new String('x'),
        () => [][Symbol.iterator](), () => new Intl.Collator(), () => (function* () {})()][parts[0]]();
    }
  })`;
}
