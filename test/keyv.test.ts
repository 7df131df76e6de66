import { promisify } from 'node:util';
import { brotliCompress, brotliDecompress } from 'node:zlib';
import {
  keyvApiTests,
  keyvIteratorTests,
  keyvNamespaceTest,
  keyvValueTests,
} from '@keyv/test-suite';
import fc from 'fast-check';
import { Keyv, type KeyvOptions } from 'keyv';
import * as vitest from 'vitest';
import { KeyvEbbcache } from '../lib/adapters/keyv.js';
import { entryName, keyInName, namespacePrefix } from '../lib/adapters/keyv-keys.js';
import type { ArenaCacheOptions } from '../lib/arena/arena-options.js';
import { EncodeError } from '../lib/codec/encode-error.js';
import { ClosedError } from '../lib/errors/errors.js';
import { runNode } from './helpers/run-script.js';

const { afterEach, describe, expect, it, vi } = vitest;

const KIB = 1024;
const MIB = 1024 * KIB;

const opened: KeyvEbbcache[] = [];

/** The store is closed after the test, and ignores the memory pressure of the machine that runs it. */
function open(options: Partial<ArenaCacheOptions> = {}): KeyvEbbcache {
  const store = new KeyvEbbcache({ maxBytes: MIB, ebb: false, ...options });
  opened.push(store);
  return store;
}

/** Opens a Keyv with an adapter of its own over the memory with that name. */
function openKeyv(name: string, options: KeyvOptions): Keyv {
  return new Keyv({ store: open({ name }), ...options });
}

const raw: KeyvOptions = { serialize: undefined, deserialize: undefined };

async function entriesOf(store: KeyvEbbcache, namespace?: string): Promise<Map<string, unknown>> {
  const entries = new Map<string, unknown>();
  for await (const [key, value] of store.iterator(namespace)) {
    expect(entries.has(key)).toBe(false);
    entries.set(key, value);
  }
  return entries;
}

afterEach(() => {
  for (const store of opened.splice(0)) store[Symbol.dispose]();
});

describe("Keyv's own tests of stores", () => {
  const store = () => open({ name: 'suite' });

  // Each suite has a group of its own, because its hooks would run around the tests of others.
  describe('api', () => keyvApiTests(vitest, Keyv, store));
  describe('values', () => keyvValueTests(vitest, Keyv, store));
  describe('namespaces', () => keyvNamespaceTest(vitest, Keyv, store));
  describe('iterator', () => keyvIteratorTests(vitest, Keyv, store));
});

describe('the keys of a Keyv', () => {
  const strange = [
    '',
    ':',
    'x'.repeat(100_000),
    `${'x'.repeat(99_999)}y`,
    'é'.repeat(40_000),
    '\ud800',
    '\udc00',
    '\ud801 a',
    '\ufffd',
    '__proto__',
    '0:=',
    '4:keyv=a',
    '#',
    '\0',
  ];

  it.each([undefined, '', 'keyv', 'a:b', 'n'.repeat(300), 'n'.repeat(100_000), '\ud800', '\udfff'])(
    'may be any strings, in any namespace (%#)',
    async (namespace) => {
      const store = open({ maxBytes: 16 * MIB });
      store.namespace = namespace;
      const entries = new Map(strange.map((key, i) => [key, `value ${i}`]));
      for (const [key, value] of entries) expect(await store.set(key, value)).toBe(true);
      for (const [key, value] of entries) expect(await store.get(key)).toBe(value);
      expect(await store.getMany(strange)).toEqual([...entries.values()]);
      expect(await store.hasMany(strange)).toEqual(strange.map(() => true));
      expect(await entriesOf(store)).toEqual(entries);
      expect(await store.delete(strange[2]!)).toBe(true);
      expect(await store.has(strange[2]!)).toBe(false);
      expect(await store.has(strange[3]!)).toBe(true);
      expect(await store.deleteMany(strange.slice(3))).toBe(true);
      expect(await store.deleteMany(strange)).toBe(false);
      expect(store.stats().entries).toBe(0);
    },
  );

  it('map to distinct names, from which they can be restored', () => {
    const text = fc.string({
      unit: fc.constantFrom(':', '=', '#', '0', '1', 'a', '\ud800'),
      maxLength: 6,
    });
    const pair = fc.tuple(text, text);
    const nameOf = ([namespace, key]: [string, string]) =>
      entryName(namespacePrefix(namespace), key);
    fc.assert(
      fc.property(pair, pair, (one, other) => {
        const same = one[0] === other[0] && one[1] === other[1];
        expect(nameOf(one).name === nameOf(other).name).toBe(same);
        const { name, hashed } = nameOf(one);
        expect(keyInName(name)).toBe(hashed ? undefined : one[1]);
        expect(name.startsWith(namespacePrefix(other[0]))).toBe(one[0] === other[0]);
      }),
      { numRuns: 2000 },
    );
  });

  it('are errors where they are not strings', async () => {
    const store = open();
    const errors: unknown[] = [];
    store.on('error', (error) => errors.push(error));
    const notAString = 5 as unknown as string;
    const problem = { code: 'ERR_EBBCACHE_ARGUMENT' };
    await expect(store.set(notAString, 1)).rejects.toMatchObject(problem);
    await expect(store.get(notAString)).rejects.toMatchObject(problem);
    expect(await store.has(notAString)).toBe(false);
    expect(errors).toMatchObject([problem, problem]);
  });
});

describe('the namespaces of a Keyv', () => {
  it('are separate where Keyv would give two keys the same name', async () => {
    const c = openKeyv('separators', { namespace: 'c' });
    const ca = openKeyv('separators', { namespace: 'c:a' });
    await c.set('a:b', 1);
    expect(await ca.get('b')).toBeUndefined();
    await ca.set('b', 2);
    expect(await c.get('a:b')).toBe(1);
    expect(await ca.get('b')).toBe(2);
    await c.clear();
    expect(await c.has('a:b')).toBe(false);
    expect(await ca.get('b')).toBe(2);
  });

  it('are separate where Keyv adds no prefix', async () => {
    const one = openKeyv('no prefix', { namespace: 'one', useKeyPrefix: false });
    const two = openKeyv('no prefix', { namespace: 'two', useKeyPrefix: false });
    await one.set('key', 1);
    await two.set('key', 2);
    expect(await one.get('key')).toBe(1);
    await one.clear();
    expect(await one.get('key')).toBeUndefined();
    expect(await two.get('key')).toBe(2);
  });

  it('change with that of the Keyv', async () => {
    const keyv = openKeyv('changing', { namespace: 'one' });
    await keyv.set('key', 1);
    keyv.namespace = 'two';
    expect(await keyv.get('key')).toBeUndefined();
    keyv.namespace = 'one';
    expect(await keyv.get('key')).toBe(1);
  });

  it('share one store, which a Keyv without a namespace clears and visits as a whole', async () => {
    const store = open();
    for (const namespace of [undefined, 'one', 'two']) {
      store.namespace = namespace;
      await store.set(`of ${namespace}`, namespace ?? null);
    }
    expect(await entriesOf(store)).toEqual(new Map([['of two', 'two']]));
    expect(await entriesOf(store, 'one')).toEqual(new Map([['of one', 'one']]));
    store.namespace = undefined;
    expect((await entriesOf(store)).size).toBe(3);
    await store.clear();
    expect(store.stats().entries).toBe(0);
  });

  it('can be cleared with many entries while others are in use', async () => {
    const [store, other] = [
      open({ maxBytes: 8 * MIB, name: 'many' }),
      open({ maxBytes: 8 * MIB, name: 'many' }),
    ];
    [store.namespace, other.namespace] = ['one', 'other'];
    const entries = Array.from({ length: 10_000 }, (_, i) => ({ key: `key ${i}`, value: i }));
    await store.setMany(entries);
    await other.setMany(entries);
    let done = false;
    const clearing = store.clear().then(() => {
      done = true;
    });
    await new Promise(setImmediate);
    expect(done).toBe(false);
    await clearing;
    expect((await entriesOf(store)).size).toBe(0);
    expect((await entriesOf(other)).size).toBe(10_000);
  });
});

describe('the values of a Keyv', () => {
  it.each([
    ['undefined', undefined],
    ['null', null],
    ['false', false],
    ['an empty string', ''],
    ['a list', [1, [2], undefined]],
    ['a list as a box is', ['value', Buffer.from('key'), true]],
    ['bytes', Buffer.from([0, 255, 128])],
    ['a typed array', new Float32Array([1.5, -2])],
    ['a string that is not well-formed', 'a\ud800b\udc00'],
    ['a string like that of a compressor', String.fromCharCode(0xd801, 0, 0xffff, 0xdfff)],
  ])('are returned as they were set: %s', async (_, value) => {
    const store = open();
    const long = 'k'.repeat(70_000);
    expect(await store.set('key', value)).toBe(true);
    expect(await store.setMany([{ key: long, value }])).toEqual([true]);
    expect(await store.get('key')).toEqual(value);
    expect(await store.getMany(['key', 'none', long])).toEqual([value, undefined, value]);
    expect(await store.hasMany(['key', 'none', long])).toEqual([true, false, true]);
    expect(await entriesOf(store)).toEqual(
      new Map([
        ['key', value],
        [long, value],
      ]),
    );
  });

  it('need no serializer', async () => {
    const keyv = new Keyv({ store: open(), ...raw });
    const value = {
      taken: new Date(0),
      exposure: 120n,
      tags: new Map([['a', new Set([1])]]),
      pixels: Buffer.from([1, 2, 3]),
    };
    await keyv.set('m31', value, 60_000);
    expect(await keyv.get('m31')).toEqual(value);
    expect(await keyv.get(['m31', 'm1'])).toEqual([value, undefined]);
    expect(await keyv.getRaw('m31')).toEqual({ value, expires: expect.any(Number) });
    expect(await keyv.getManyRaw(['m1', 'm31'])).toEqual([
      undefined,
      { value, expires: expect.any(Number) },
    ]);
    const entries: unknown[] = [];
    for await (const entry of keyv.iterator?.(undefined) ?? []) entries.push(entry);
    expect(entries).toEqual([['m31', value]]);
  });

  it('may be compressed by Keyv', async () => {
    const compression = {
      compress: async (value: unknown) => promisify(brotliCompress)(JSON.stringify(value)),
      decompress: async (value: Buffer) =>
        JSON.parse(String(await promisify(brotliDecompress)(value))),
    };
    const keyv = new Keyv({ store: open(), compression });
    const value = { text: 'x'.repeat(10_000) };
    await keyv.set('key', value);
    expect(await keyv.get('key')).toEqual(value);
  });

  it('are refused where they do not fit, and no old value remains', async () => {
    const store = open({ maxBytes: 64 * KIB });
    const giant = 'x'.repeat(MIB);
    const keyv = new Keyv({ store });
    await keyv.setMany(['a', 'b', 'c'].map((key) => ({ key, value: 'old' })));
    expect(await keyv.set('a', giant)).toBe(false);
    expect(
      await keyv.setMany([
        { key: 'b', value: giant },
        { key: 'd', value: 'new' },
      ]),
    ).toEqual([false, true]);
    expect(await keyv.getMany(['a', 'b', 'c', 'd'])).toEqual([undefined, undefined, 'old', 'new']);
    expect(store.stats().rejections).toBe(2);
  });
});

describe('the times to live of a Keyv', () => {
  it.each([0, undefined, 0.5, 60_000, 1e300, Number.POSITIVE_INFINITY])(
    'may be %s',
    async (ttl) => {
      const store = open();
      expect(await store.set('one', 1, ttl)).toBe(true);
      expect(await store.setMany([{ key: 'many', value: 2, ttl }])).toEqual([true]);
      if (ttl !== 0.5) expect(await store.getMany(['one', 'many'])).toEqual([1, 2]);
    },
  );

  it.each([Number.NaN, '5', {}])('may not be %s', async (ttl) => {
    const store = open();
    await store.set('key', 'before');
    await expect(store.set('key', 1, ttl as never)).rejects.toThrow(/^ttl must be/);
    const many = store.setMany([{ key: 'key', value: 2, ttl: ttl as never }]);
    await expect(many).rejects.toThrow(/^ttl must be/);
    expect(await store.get('key')).toBe('before');
  });

  it('apply to reads and to the iterator', async () => {
    const store = open();
    await store.set('short', 1, 1);
    await store.set('long', 2, 3_600_000);
    await vi.waitFor(async () => expect(await store.has('short')).toBe(false));
    expect(await store.getMany(['short', 'long'])).toEqual([undefined, 2]);
    expect(await entriesOf(store)).toEqual(new Map([['long', 2]]));
  });

  it('default to that of the store', async () => {
    const store = open({ ttl: 1 });
    await store.set('default', 1);
    await store.setMany([
      { key: 'none', value: 1, ttl: 0 },
      { key: 'own', value: 2, ttl: 3_600_000 },
    ]);
    await vi.waitFor(async () =>
      expect(await store.hasMany(['default', 'none', 'own'])).toEqual([false, false, true]),
    );
  });

  it('delete the entry where they have already ended', async () => {
    const store = open();
    await store.setMany([
      { key: 'a', value: 1 },
      { key: 'b', value: 1 },
    ]);
    expect(await store.set('a', 2, -1)).toBe(true);
    expect(await store.setMany([{ key: 'b', value: 2, ttl: -1 }])).toEqual([true]);
    expect(await store.hasMany(['a', 'b'])).toEqual([false, false]);
  });

  it('may differ within setMany, whose order is preserved', async () => {
    const store = open();
    const entries = [1000, undefined, 1000, 1000, -1, 2000].map((ttl, i) => ({
      key: i % 2 ? 'odd' : `even ${i}`,
      value: i,
      ttl: ttl && ttl * 3600,
    }));
    expect(await store.setMany(entries)).toEqual(entries.map(() => true));
    expect(await store.getMany(['odd', 'even 0', 'even 2', 'even 4'])).toEqual([
      5,
      0,
      2,
      undefined,
    ]);
    expect(await store.setMany([])).toEqual([]);
  });
});

describe('the iterator of a Keyv', () => {
  it('continues while entries are set and deleted, and may be ended early', async () => {
    const store = open({ maxBytes: 8 * MIB });
    store.namespace = 'n';
    await store.setMany(Array.from({ length: 3000 }, (_, i) => ({ key: `key ${i}`, value: i })));
    const seen = new Set<string>();
    for await (const [key] of store.iterator('n')) {
      seen.add(key);
      await store.delete(key);
      await store.set(`new ${key}`, 1);
      if (seen.size === 1000) break;
    }
    expect(seen.size).toBe(1000);
    for await (const [key] of store.iterator('n')) seen.add(key);
    for (let i = 0; i < 3000; i++) expect(seen).toContain(`key ${i}`);
  });
});

describe('the errors of a Keyv', () => {
  async function withErrors(options: KeyvOptions) {
    const store = open();
    const keyv = new Keyv({ store, ...options });
    const errors: unknown[] = [];
    keyv.on('error', (error) => errors.push(error));
    return { store, keyv, errors };
  }

  it('are emitted once, through Keyv, for values that cannot be stored', async () => {
    const { keyv, errors } = await withErrors(raw);
    expect(await keyv.set('key', { deep: () => 1 })).toBe(false);
    expect(await keyv.setMany([{ key: 'key', value: () => 1 }])).toEqual([false]);
    expect(errors).toEqual([expect.any(EncodeError), expect.any(EncodeError)]);
    expect(errors).toMatchObject([{ path: 'value.deep' }, { path: '[0].value' }]);
    expect(await keyv.has('key')).toBe(false);
  });

  it('are emitted once each for a disconnected store, whose reads are misses', async () => {
    const { keyv, errors } = await withErrors({});
    await keyv.set('key', 1);
    await keyv.disconnect();
    await keyv.disconnect();
    expect(await keyv.get('key')).toBeUndefined();
    expect(await keyv.getMany(['key', 'other'])).toEqual([undefined, undefined]);
    expect(await keyv.has('key')).toBe(false);
    expect(await keyv.hasMany(['key'])).toEqual([false]);
    expect(await keyv.set('key', 1)).toBe(false);
    expect(await keyv.delete('key')).toBe(false);
    expect(await keyv.delete(['key'])).toBe(false);
    await keyv.clear();
    expect(errors).toEqual(Array.from({ length: 8 }, () => expect.any(ClosedError)));
  });

  it('are thrown where Keyv is configured to throw', async () => {
    const { keyv } = await withErrors({ throwOnErrors: true });
    await keyv.disconnect();
    await expect(keyv.get('key')).rejects.toThrow(ClosedError);
    await expect(keyv.set('key', 1)).rejects.toThrow(ClosedError);
  });

  it('need no listener', async () => {
    const store = open();
    await store.disconnect();
    expect(await store.getMany(['key'])).toEqual([undefined]);
    await expect(store.get('key')).rejects.toThrow(ClosedError);
  });
});

describe('the module of the Keyv adapter', () => {
  it('loads where Keyv is not installed', async () => {
    const hook = `export async function resolve(specifier, context, next) {
      if (/keyv$/.test(specifier)) throw new Error('not installed: ' + specifier);
      return next(specifier, context);
    }`;
    const adapter = new URL('../dist/adapters/keyv.js', import.meta.url).href;
    const script = `
      import { register } from 'node:module';
      register('data:text/javascript,' + encodeURIComponent(${JSON.stringify(hook)}));
      await import('keyv').catch((error) => console.log(error.message));
      const { KeyvEbbcache } = await import(${JSON.stringify(adapter)});
      const store = new KeyvEbbcache({ maxBytes: 65536 });
      await store.set('key', 'value');
      console.log(await store.get('key'));`;
    const { stdout } = await runNode(['--input-type=module', '--eval', script]);
    expect(stdout).toBe('not installed: keyv\nvalue\n');
  });
});
