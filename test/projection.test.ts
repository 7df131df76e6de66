// Reads of some fields of a value: what comes back, by which names, and how it counts.

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type ArenaCache, EnhancedMetadataCache, type FieldOptions } from '../lib/index.js';
import { anyValue } from './helpers/any-value.js';
import { sized } from './helpers/full-size.js';
import { openedArenas } from './helpers/opened-arenas.js';
import { withTempFolder } from './helpers/temp-folder.js';
import { testSeed } from './helpers/test-seed.js';
import { image, train } from './helpers/trained-arena.js';
import { dataFolder, dataNote } from './helpers/truth.js';
import { until } from './helpers/until.js';

const open = openedArenas({ maxBytes: 16 * 1024 * 1024 });

/** Returns a cache with plain values, and one with a dictionary of the names of `image`. */
async function openBoth(): Promise<ArenaCache[]> {
  const compact = open();
  await train(compact);
  return [open({ codec: 'msgpack' }), compact];
}

/** What `fields` leave of a value; undefined where nothing in it matches. */
function pick(value: unknown, fields: readonly string[]): unknown {
  if (Array.isArray(value)) {
    if (Object.keys(value).length !== value.length) return undefined;
    const members = value.map((member) => pick(member, fields));
    return members.some((member) => member !== undefined)
      ? members.map((member) => member ?? {})
      : undefined;
  }
  if (typeof value !== 'object' || value === null) return undefined;
  if (Object.getPrototypeOf(value) !== Object.prototype) return undefined;
  const picked: [string, unknown][] = [];
  for (const [name, member] of Object.entries(value)) {
    const rests = fields.flatMap((field) => restsOf(name, field));
    const found = rests.includes('') ? { member } : { member: pick(member, rests) };
    if (rests.includes('') || found.member !== undefined) picked.push([name, found.member]);
  }
  return picked.length > 0 ? Object.fromEntries(picked) : undefined;
}

/** What is left of a field behind the name that it begins with; '' where that is all of it. */
function restsOf(name: string, field: string): string[] {
  if (name === field) return [''];
  const rests = field.startsWith(`${name}.`) ? [field.slice(name.length + 1)] : [];
  const star = field.indexOf('*');
  if (star >= 0 && name.startsWith(field.slice(0, star))) {
    rests.push(field.slice(star + 1).replace('.', ''));
  }
  return rests;
}

/** What `get` returns for the fields. */
function expected(value: unknown, fields: readonly string[]): unknown {
  return (
    pick(value, fields) ?? (Array.isArray(value) && isDense(value) ? value.map(() => ({})) : {})
  );
}

function isDense(array: unknown[]): boolean {
  return Object.keys(array).length === array.length;
}

/** The paths of all fields in a value that can be asked for. */
function pathsIn(value: unknown, before = ''): string[] {
  if (Array.isArray(value)) return value.flatMap((member) => pathsIn(member, before));
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, member]) => {
    if (name === '' || !name.isWellFormed() || /[*\0]/.test(name)) return [];
    return [before + name, ...pathsIn(member, `${before + name}.`)];
  });
}

describe('get with fields', () => {
  it('returns the fields that match, in the order of the value', async () => {
    const value = {
      ...image(1),
      Lens: { Make: 'x', Model: 'y' },
      'a.b': 1,
      nested: [{ x: 1, y: 2 }, 3],
    };
    for (const cache of await openBoth()) {
      cache.set('key', value);
      const get = (...fields: string[]) => cache.get('key', { fields });
      expect(get('ISO', 'FileName')).toEqual({ FileName: 'IMG_1.JPG', ISO: 100 });
      expect(Object.keys(get('ISO', 'FileName') as object)).toEqual(['FileName', 'ISO']);
      expect(get('CameraSetting5*')).toEqual(expected(value, ['CameraSetting5*']));
      expect(Object.keys(get('CameraSetting5*') as object)).toHaveLength(11);
      expect(get('Lens.Model')).toEqual({ Lens: { Model: 'y' } });
      expect(get('Lens.Model', 'Lens')).toEqual({ Lens: value.Lens });
      expect(get('L*.M*')).toEqual({ Lens: value.Lens });
      expect(get('a.b')).toEqual({ 'a.b': 1 });
      expect(get('nested.y')).toEqual({ nested: [{ y: 2 }, {}] });
      expect(get('*')).toEqual(value);
      expect(get('Lens.None', 'none', 'ISO.x')).toEqual({});
      expect(get()).toEqual({});
      expect(cache.get('key')).toEqual(value);
    }
  });

  it('returns what the whole value has, whatever it is', async () => {
    const caches = await openBoth();
    let matched = 0;
    fc.assert(
      fc.property(anyValue(), fc.infiniteStream(fc.nat()), (any, choices) => {
        const value = any === undefined ? null : any;
        const paths = pathsIn(value);
        const chosen = [...choices.take(3)].map((n) => {
          const path = paths[n % paths.length] ?? 'none';
          return n % 3 === 0 ? `${[...path].slice(0, -1).join('')}*` : path;
        });
        for (const cache of caches) {
          for (const [put, fields] of [
            [value, chosen],
            [{ ...image(2), value }, [...chosen.map((path) => `value.${path}`), 'CameraSetting7']],
          ] as const) {
            cache.set('key', put);
            const whole = cache.get('key');
            const found = cache.get('key', { fields });
            const truth = expected(whole, fields);
            if (!isDeepStrictEqual(found, truth)) expect(found).toEqual(truth);
            if (pick(whole, chosen) !== undefined) matched++;
          }
        }
      }),
      { seed: testSeed(), numRuns: sized(3000, 600) },
    );
    expect(matched).toBeGreaterThan(50);
  });

  it(`returns the fields of real metadata${dataNote}`, async ({ skip }) => {
    if (dataFolder === undefined) return skip();
    const lines = readFileSync(join(dataFolder, 'corpus/real.ndjson'), 'utf8').trim().split('\n');
    const cache = open();
    const records = lines.map((line) => JSON.parse(line) as Record<string, unknown>);
    for (const [i, record] of records.entries()) cache.set(`training ${i}`, record);
    await until(() => cache.stats().dictionaryTrainings > 0);
    for (const record of records) {
      cache.set('key', record);
      const paths = pathsIn(record);
      const some = paths.filter((_, i) => i % Math.ceil(paths.length / 5) === 0);
      for (const fields of [some, ['File*'], ['*.*'], ['none']]) {
        expect(cache.get('key', { fields })).toEqual(expected(record, fields));
      }
    }
  });

  it('counts as get does, and reads values of any size', async () => {
    for (const cache of await openBoth()) {
      const { hits, misses } = cache.stats();
      cache.set('large', { text: 'x'.repeat(3_000_000), small: 1 });
      expect(cache.get('large', { fields: ['small'] })).toEqual({ small: 1 });
      expect(cache.get('none', { fields: ['small'] })).toBeUndefined();
      expect(cache.stats()).toMatchObject({ hits: hits + 1, misses: misses + 1 });
    }
  });

  it('gets a new object, with hot values too', () => {
    const cache = open({ hotValues: 10 });
    cache.set('key', { a: 1, b: { c: 2 } });
    const hot = cache.get('key');
    const part = cache.get('key', { fields: ['b'] }) as { b: { c: number } };
    part.b.c = 3;
    expect(cache.get('key')).toBe(hot);
    expect(hot).toEqual({ a: 1, b: { c: 2 } });
  });

  it('throws as get does for bytes that are no value', () => {
    const cache = open({ codec: 'msgpack' });
    cache.setBytes('key', Buffer.from([0x82, 0xa1, 0x61, 1, 0xa1]));
    expect(() => cache.get('key')).toThrow();
    expect(() => cache.get('key', { fields: ['a'] })).toThrow();
    cache.close();
    expect(() => cache.get('key', { fields: ['a'] })).toThrow(/closed/);
  });

  it('has names of any kind as own properties', async () => {
    const value = JSON.parse('{"__proto__":{"x":1},"constructor":2,"toString":3,"10":4,"2":5}');
    for (const cache of await openBoth()) {
      cache.set('key', value);
      const found = cache.get('key', { fields: ['__proto__', 'constructor', '2'] }) as object;
      expect(Object.entries(found)).toEqual([
        ['2', 5],
        ['__proto__', { x: 1 }],
        ['constructor', 2],
      ]);
      expect(Object.getPrototypeOf(found)).toBe(Object.prototype);
    }
  });

  it.each([
    ['no array', { fields: 'Make' }, /fields must be an array/],
    ['no fields', {}, /fields must be an array/],
    ['another option', { field: ['a'] }, /Did you mean fields/],
    ['no string', { fields: ['a', 1] }, /fields\[1\] must be a name; it is/],
    ['an empty name', { fields: [''] }, /fields\[0\] must be a name of well-formed/],
    ['a NUL', { fields: ['a\0b'] }, /without NUL/],
    ['a lone surrogate', { fields: ['a\ud800'] }, /well-formed/],
    ['a star within a name', { fields: ['G*S'] }, /end of one/],
    ['too much', { fields: ['a'.repeat(70_000)] }, /65535 bytes/],
    ['an index', 1, /must be an object/],
  ])('refuses %s', (_, options, message) => {
    const cache = open();
    cache.set('key', { a: 1 });
    const before = cache.stats();
    expect(() => cache.get('key', options as unknown as FieldOptions)).toThrow(message);
    expect(cache.stats()).toEqual(before);
  });

  it('reads the records of files', async () => {
    await withTempFolder(async (folder) => {
      const file = join(folder, 'a.jpg');
      writeFileSync(file, 'a');
      const cache = new EnhancedMetadataCache({
        cacheDir: join(folder, 'cache'),
        enableMemoryPressureMonitoring: false,
      });
      cache.put(file, { ...image(1), Lens: { Make: 'x', Model: 'y' } });
      const options = { fields: ['ISO', 'Lens.Model'] };
      const part = { ISO: 100, Lens: { Model: 'y' } };
      expect(cache.get(file, undefined, options)).toEqual(part);
      expect(cache.get(file, 'default', options)).toEqual(part);
      expect(cache.get(file, 'other', options)).toBeUndefined();
      expect(cache.get(file)).toMatchObject({ FileName: 'IMG_1.JPG' });
      expect(cache.getStats()).toMatchObject({ memoryHits: 3, misses: 1 });
      expect(() => cache.get(file, 'default', { fields: [''] })).toThrow(RangeError);
      cache.shutdown();
    });
  });
});
