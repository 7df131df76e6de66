// Tests which records a cache finds, by its namespace and the version of its extractor.

import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ownerSuffix, placeKey, storedAt } from '../lib/metadata/file-key.js';
import { Caches } from './helpers/caches.js';
import { packageUrl, runNode } from './helpers/run-script.js';

const caches = new Caches();
const metadata = { n: 1 };

describe('records of another namespace', () => {
  it('are not found, in memory or on disk', async () => {
    const one = caches.make({ namespace: 'one' });
    const two = caches.make({ namespace: 'two' });
    one.put(caches.file, metadata);
    await one.flush();
    expect(two.get(caches.file)).toBeUndefined();
    expect(two.peek(caches.file)).toBeUndefined();
    expect(two.has(caches.file)).toBe(false);
    expect([...two.keys()]).toEqual([]);
    expect(await two.fetch(caches.file, () => ({ n: 2 }))).toEqual({ n: 2 });
    expect(one.get(caches.file)).toEqual(metadata);
    await two.flush();
    const again = caches.restart(two, { namespace: 'two' });
    expect(again.get(caches.file)).toEqual({ n: 2 });
  });

  it('remain, whatever is invalidated', async () => {
    const one = caches.make({ namespace: 'one' });
    const two = caches.make({ namespace: 'two' });
    const other = join(caches.folder, 'other.jpg');
    for (const cache of [one, two]) {
      cache.put(caches.file, metadata);
      cache.put(other, metadata, 'full');
      await cache.flush();
    }
    const paths = () => [...two.keys()].map(({ filePath }) => filePath).sort();
    const all = [other, caches.file].sort();
    one.invalidateFile(caches.file);
    expect(paths()).toEqual(all);
    expect(one.invalidateFolder(caches.folder)).toBe(1);
    expect(paths()).toEqual(all);
    one.put(caches.file, metadata);
    await one.flush();
    one.clearAll();
    expect([...one.keys()]).toEqual([]);
    expect(one.getStats().memoryCacheSize).toBe(0);
    await one.flush();
    expect(paths()).toEqual(all);
    expect(two.get(caches.file)).toEqual(metadata);
    two.clearAll();
    await two.flush();
    expect(two.getStats().diskEntries).toBe(0);
  });

  it('are extracted separately', async () => {
    const one = caches.make({ namespace: 'one' });
    const two = caches.make({ namespace: 'two' });
    const found = await Promise.all([
      one.fetch(caches.file, () => ({ n: 1 })),
      two.fetch(caches.file, () => ({ n: 2 })),
    ]);
    expect(found).toEqual([{ n: 1 }, { n: 2 }]);
  });

  it('are those of another application, where no namespace is given', async () => {
    const cache = caches.make();
    cache.put(caches.file, metadata);
    await cache.flush();
    // The main module of this process is in a package of the name ebbcache.
    expect(caches.make({ namespace: 'ebbcache' }).get(caches.file)).toEqual(metadata);
    const script = (name: string) => `
      import { mkdirSync, writeFileSync } from 'node:fs';
      mkdirSync('${name}');
      writeFileSync('${name}/package.json', '{ "name": "${name}" }');
      process.chdir('${name}');
      const { AdvancedMetadataCache } = await import(${JSON.stringify(packageUrl)});
      const cache = new AdvancedMetadataCache({ cacheDir: ${JSON.stringify(caches.cacheDir)} });
      console.log(JSON.stringify(cache.get(${JSON.stringify(caches.file)}) ?? null));
    `;
    const outcomeOf = (name: string) =>
      runNode([
        '--input-type=module',
        '--eval',
        `process.chdir(${JSON.stringify(caches.folder)});${script(name)}`,
      ]);
    expect(await outcomeOf('gallery')).toMatchObject({ code: 0, stderr: '', stdout: 'null\n' });
    expect(await outcomeOf('ebbcache')).toMatchObject({
      code: 0,
      stderr: '',
      stdout: `${JSON.stringify(metadata)}\n`,
    });
  });
});

describe('records of another version', () => {
  it('are not found', async () => {
    const first = caches.make({ version: 1 });
    first.put(caches.file, metadata);
    const second = caches.make({ version: 2 });
    expect(second.get(caches.file)).toBeUndefined();
    expect([...second.keys()]).toEqual([]);
    second.put(caches.file, { n: 2 });
    expect(first.get(caches.file)).toEqual(metadata);
    expect(second.get(caches.file)).toEqual({ n: 2 });
    expect(caches.make({ version: '2' }).get(caches.file)).toEqual({ n: 2 });
    expect(caches.make().get(caches.file)).toBeUndefined();
  });

  it('are invalidated with those of the file, once they are on disk', async () => {
    const first = caches.make({ version: 1 });
    const second = caches.make({ version: 2 });
    const fill = async () => {
      for (const cache of [first, second]) {
        cache.put(caches.file, metadata);
        cache.put(caches.file, metadata, 'full');
        await cache.flush();
      }
    };
    const left = () => [first, second].map((cache) => [...cache.keys()].map(({ tier }) => tier));
    await fill();
    second.invalidateFile(caches.file, 'full');
    expect(left()).toEqual([['default'], ['default']]);
    second.invalidateFile(caches.file);
    expect(left()).toEqual([[], []]);
    await fill();
    expect(second.invalidateFolder(caches.folder)).toBe(4);
    await fill();
    second.clearAll();
    expect(left()).toEqual([[], []]);
  });
});

describe('an invalid namespace or version', () => {
  const long = 'x'.repeat(257);

  it.each([[''], ['a\0b'], ['\ud800'], [long]])('causes a RangeError: %j', (text) => {
    expect(() => caches.make({ namespace: text })).toThrow(RangeError);
    expect(() => caches.make({ version: text })).toThrow(RangeError);
  });

  it.each([[null], [{}], [Number.NaN], [true]])('causes a TypeError: %j', (value) => {
    expect(() => caches.make({ namespace: value as never })).toThrow(TypeError);
    expect(() => caches.make({ version: value as never })).toThrow(TypeError);
  });
});

describe('the key of a record', () => {
  it('distinguishes its parts, whatever they are', () => {
    const text = fc.string({ unit: fc.constantFrom('a', '\0', '/', 'ä') });
    const owner = fc.record({
      namespace: fc.string({ unit: fc.constantFrom('a', '/', 'ä') }),
      version: fc.string({ unit: fc.constantFrom('1', '.') }),
    });
    const place = fc.string({ unit: fc.constantFrom('/', 'b') }).map((rest) => `/${rest}`);
    fc.assert(
      fc.property(place, text, owner, (place, tier, owner) => {
        const key = placeKey(place, tier, ownerSuffix(owner));
        expect(storedAt(key)).toEqual({ place, tier, ...owner });
      }),
    );
  });

  it.each([[''], ['/a'], ['/a\0tier'], ['/a\0tier\0namespace'], ['\0\0']])(
    'is not recognised in another text: %j',
    (key) => expect(storedAt(key)).toBeUndefined(),
  );
});
