// Generates objects whose properties lie about their class and content.

import fc from 'fast-check';

/** No value of the generator contains this text, so that a result with it has it from another entry. */
export const SECRET = 'Qz~secret~zQ';

const classes = [Uint8Array, Int8Array, Uint16Array, Float32Array, Float64Array];
const makers: (() => object)[] = [
  ...classes.flatMap((each) => [() => new each(3), () => new (class extends each {})(3)]),
  () => Buffer.alloc(3),
  () => new ArrayBuffer(3),
  () => new Uint8Array(new SharedArrayBuffer(4), 1, 2),
  () => new DataView(new ArrayBuffer(4), 1),
  () => new Date(5),
  () => new Map<unknown, unknown>([[1, 2]]),
  () => new Set([1, 2]),
  () => /a/g,
  () => new Error('e'),
  () => [1, 2],
  () => ({ a: 1 }),
];
const names = [
  'length',
  'byteLength',
  'byteOffset',
  'buffer',
  'size',
  'constructor',
  'source',
  'flags',
  'name',
  'message',
];
const lie = fc.oneof(
  fc.constantFrom<unknown>(
    -1,
    0,
    1.5,
    200,
    65_536,
    2 ** 31,
    2 ** 53,
    Number.NaN,
    'x',
    null,
    undefined,
  ),
  fc.constantFrom<unknown>(new ArrayBuffer(99), Float64Array, Object, () => 9, Symbol.iterator),
);

type Way =
  | 'own'
  | 'getter'
  | 'throws'
  | 'tag'
  | 'proxy'
  | 'proxyLies'
  | 'prototype'
  | 'cycle'
  | 'shares';

/** The generator is built for each run, so that the objects of one run do not affect the next. */
export function hostile(): fc.Arbitrary<unknown> {
  const way = fc.constantFrom<Way>(
    'own',
    'getter',
    'throws',
    'tag',
    'proxy',
    'proxyLies',
    'prototype',
    'cycle',
    'shares',
  );
  const one = fc
    .tuple(fc.nat(makers.length - 1), way, fc.constantFrom(...names), lie)
    .map(([maker, how, name, value]) => make(makers[maker]!(), how, name, value));
  return fc.oneof(
    one,
    fc.array(one, { maxLength: 4 }),
    fc.dictionary(fc.string({ maxLength: 5 }), one),
  );
}

function make(object: object, how: Way, name: string, value: unknown): unknown {
  switch (how) {
    case 'own':
      return define(object, name, { value, enumerable: true });
    case 'getter':
      return define(object, name, { get: () => value, enumerable: true });
    case 'throws':
      return define(object, name, {
        get: () => {
          throw value;
        },
        enumerable: true,
      });
    case 'tag':
      return define(object, Symbol.toStringTag, { value: 'Float64Array' });
    case 'proxy':
      return new Proxy(object, {});
    case 'proxyLies':
      return new Proxy(object, {
        get: (on, key) => (key === name ? value : Reflect.get(on, key, on)),
      });
    case 'prototype':
      return Object.setPrototypeOf(object, classes[name.length % classes.length]!.prototype);
    case 'cycle':
      return define(object, 'cycle', { value: [object, { object }], enumerable: true });
    case 'shares': {
      let shared: unknown = object;
      for (let i = 0; i < 40; i++) shared = i % 2 ? [shared, shared] : { a: shared, b: shared };
      return shared;
    }
  }
}

/** A property that refuses the value, like the length of an array or an element of a typed array, is unchanged. */
function define(object: object, name: string | symbol, descriptor: PropertyDescriptor): object {
  try {
    Reflect.defineProperty(object, name, { configurable: true, ...descriptor });
  } catch (error) {
    if (!(error instanceof RangeError || error instanceof TypeError)) throw error;
  }
  return object;
}

/** Returns whether the secret, or part of it, is anywhere in what was decoded. */
export function hasOtherBytes(value: unknown): boolean {
  if (typeof value === 'string') return value.includes(SECRET);
  if (typeof value !== 'object' || value === null) return false;
  if (ArrayBuffer.isView(value)) {
    return Buffer.from(value.buffer, value.byteOffset, value.byteLength).includes('secret');
  }
  if (value instanceof ArrayBuffer) return Buffer.from(value).includes('secret');
  const members =
    value instanceof Map
      ? [...value].flat()
      : value instanceof Set
        ? [...value]
        : Object.values(value);
  return members.some(hasOtherBytes);
}
