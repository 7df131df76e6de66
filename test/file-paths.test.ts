// Tests that all ways to name a file reach its record, and none reaches that of another file.

import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import fc from 'fast-check';
import { describe, expect, expectTypeOf, it } from 'vitest';
import { extractFile } from '../lib/extract/index.js';
import { textualPath } from '../lib/files/absolute-path.js';
import type { AdvancedMetadataCache, FilePath, Metadata } from '../lib/index.js';
import { Caches } from './helpers/caches.js';
import { deferred } from './helpers/deferred.js';

const caches = new Caches();
const onWindows = process.platform === 'win32';
const metadata = { n: 1 };

describe.skipIf(onWindows)('the textual form of a path', () => {
  it('equals what resolve returns', () => {
    const part = fc.constantFrom('/', '.', '..', 'a', '.a', 'a.b', '');
    const text = fc.array(part, { minLength: 1, maxLength: 8 }).map((parts) => parts.join(''));
    fc.assert(
      fc.property(text, (path) => {
        expect(textualPath(path)).toBe(resolve(path));
        expect(textualPath(`/${path}`)).toBe(resolve(`/${path}`));
      }),
    );
  });
});

describe.each(['stat', 'content', 'none'] as const)(
  'an odd spelling of a path (validate: %s)',
  (validate) => {
    const spellings: [string, () => FilePath][] = [
      ['a slash behind it', () => `${caches.file}/`],
      ['slashes behind it', () => `${caches.file}//`],
      ['/. behind it', () => `${caches.file}/.`],
      ['/.. behind it', () => `${caches.file}/..`],
      ['two slashes', () => caches.file.replace(/\//g, '//')],
      ['a dot', () => caches.file.replace('test.jpg', './test.jpg')],
      ['a folder and out of it', () => caches.file.replace('test.jpg', 'dir/../test.jpg')],
      ['no folder and out of it', () => caches.file.replace('test.jpg', 'none/../test.jpg')],
      [
        'a link to a folder and out of it',
        () => caches.file.replace('test.jpg', 'link/../test.jpg'),
      ],
      ['the file and out of it', () => `${caches.file}/../test.jpg`],
      ['relative', () => relative(process.cwd(), caches.file)],
      ['a NUL behind it', () => `${caches.file}\0`],
      ['a NUL and a tier', () => `${caches.file}\0default`],
      ['a Buffer', () => Buffer.from(caches.file)],
      ['a Buffer with a slash', () => Buffer.from(`${caches.file}/`)],
      ['a Buffer that is not UTF-8', () => Buffer.from(`${caches.file}\xff`, 'latin1')],
      ['a URL', () => pathToFileURL(caches.file)],
      ['a URL with a slash', () => new URL(`${pathToFileURL(caches.file).href}/`)],
      ['the folder', () => caches.folder],
      ['.', () => '.'],
    ];

    it.each(spellings)('neither deletes nor hides the record: %s', async (_, spelling) => {
      mkdirSync(join(caches.folder, 'dir'));
      mkdirSync(join(caches.folder, 'far', 'away'), { recursive: true });
      symlinkSync(join(caches.folder, 'far', 'away'), join(caches.folder, 'link'), 'dir');
      const cache = caches.make({ validate, negativeTtlSeconds: 60 });
      cache.put(caches.file, metadata);
      const path = spelling();
      for (let i = 0; i < 2; i++) {
        expect([undefined, metadata]).toContainEqual(cache.get(path));
        expect(cache.get(caches.file)).toEqual(metadata);
        expect([undefined, metadata]).toContainEqual(cache.peek(path));
        cache.has(path);
        await cache.fetch(path, () => Promise.reject(new Error('unreadable'))).catch(() => {});
        expect(cache.get(caches.file)).toEqual(metadata);
      }
      await cache.flush();
      const next = caches.restart(cache, { validate });
      next.get(path);
      expect(next.get(caches.file)).toEqual(metadata);
    });
  },
);

describe('a path out of a link to a folder', () => {
  it.skipIf(onWindows)('names the file that the system finds there', async () => {
    mkdirSync(join(caches.folder, 'far', 'away'), { recursive: true });
    symlinkSync(join(caches.folder, 'far', 'away'), join(caches.folder, 'link'), 'dir');
    writeFileSync(join(caches.folder, 'far', 'test.jpg'), 'another file');
    const cache = caches.make();
    const path = `${caches.folder}/link/../test.jpg`;
    expect(cache.put(caches.file, metadata)).toBe(true);
    expect(cache.put(path, { n: 2 })).toBe(true);
    expect(cache.get(caches.file)).toEqual(metadata);
    expect(cache.get(path)).toEqual({ n: 2 });
  });
});

describe('the record of one file', () => {
  it("is found by text, Buffer and URL, and the extractor gets the caller's path", async () => {
    const cache = caches.make();
    const given: FilePath[] = [caches.file, Buffer.from(caches.file), pathToFileURL(caches.file)];
    for (const path of given) {
      const seen: FilePath[] = [];
      await cache.fetch(path, (each) => {
        seen.push(each);
        return metadata;
      });
      expect(seen).toEqual([path]);
      for (const other of given) expect(cache.get(other)).toEqual(metadata);
      cache.invalidateFile(path);
      expect(cache.has(caches.file)).toBe(false);
    }
  });

  it('is refused for a URL that names no file, with a sentence', async () => {
    const cache = caches.make();
    for (const url of ['https://example.org/a.jpg', 'file:///a%2Fb']) {
      const error = { name: 'TypeError', code: 'ERR_EBBCACHE_ARGUMENT' };
      expect(() => cache.get(new URL(url))).toThrow(expect.objectContaining(error));
      expect(() => cache.get(new URL(url))).toThrow(/names no file: .*Give a URL/);
      await expect(extractFile(new URL(url))).rejects.toMatchObject(error);
    }
  });
});

describe.skipIf(process.platform !== 'linux')('names that are not UTF-8', () => {
  const named = (...bytes: number[]) =>
    Buffer.concat([Buffer.from(`${caches.folder}/`), Buffer.from(bytes)]);

  it('have records of their own, by the state of the file', async () => {
    const cache = caches.make();
    const paths = [named(0x61, 0xff), named(0x61, 0xfe), named(0x61, 0xef, 0xbf, 0xbd)];
    paths.forEach((path, n) => {
      writeFileSync(path, `${n}`);
      expect(cache.put(path, { n })).toBe(true);
    });
    expect(paths.map((path) => cache.get(path))).toEqual([{ n: 0 }, { n: 1 }, { n: 2 }]);
    expect(cache.get(paths[0]!.toString())).toEqual({ n: 2 });
    const text = `bytes:${paths[0]!.toString('hex')}`;
    expect(cache.get(text)).toBeUndefined();
    const odd = Buffer.concat([paths[0]!, Buffer.from('/')]);
    expect(cache.get(odd)).toBeUndefined();
    expect([...cache.keys()]).toContainEqual({
      filePath: paths[0]!.toString(),
      tier: 'default',
      bytes: paths[0],
    });
    writeFileSync(paths[0]!, 'changed');
    expect(cache.get(paths[0]!)).toBeUndefined();
    rmSync(paths[1]!);
    expect(cache.get(paths[1]!)).toBeUndefined();
    expect(cache.put(paths[1]!, { n: 'absent' })).toBe(true);
    expect(cache.get(paths[1]!)).toEqual({ n: 'absent' });
    mkdirSync(named(0xff));
    expect(cache.put(named(0xff), metadata)).toBe(false);
    expect(caches.logger.warn).toHaveBeenCalledWith(
      expect.objectContaining({ reason: 'The path is a folder.' }),
      expect.any(String),
    );
    expect(cache.invalidateFolder(caches.folder)).toBe(2);
  });

  it('are read by extractFile', async () => {
    const path = named(0x62, 0xff);
    writeFileSync(path, 'text');
    const cache = caches.make();
    expect(await cache.fetch(path, extractFile)).toMatchObject({
      FileSize: 4,
      FileName: 'b\ufffd',
    });
    expect(cache.has(path)).toBe(true);
  });
});

describe('extractFile as an extractor', () => {
  it('is called with the signal', async () => {
    const cache = caches.make();
    const file = join(caches.folder, 'text.txt');
    writeFileSync(file, 'text');
    expect(await cache.fetch(file, extractFile)).toMatchObject({ FileSize: 4 });
    const url = pathToFileURL(file);
    expect(await cache.fetch(url, extractFile, { tier: 'url' })).toMatchObject({ FileSize: 4 });
    expect(await cache.warmCache([file], extractFile)).toEqual({ [file]: true });
    const reason = new Error('enough');
    const aborted = AbortSignal.abort(reason);
    await expect(extractFile(caches.file, aborted)).rejects.toBe(reason);
    await expect(extractFile(caches.file, { signal: aborted })).rejects.toBe(reason);
    await expect(extractFile(caches.file, 5 as never)).rejects.toThrow(TypeError);
  });
});

describe('the method warmCache', () => {
  it('passes a signal on, and rejects with its reason', async () => {
    const cache = caches.make();
    const controller = new AbortController();
    const seen: AbortSignal[] = [];
    const { promise, resolve } = deferred<void>();
    const paths = Object.freeze(['/n/a', '/n/b', '/n/c']);
    const extract = (_: string, signal: AbortSignal) => {
      seen.push(signal);
      resolve();
      return new Promise<object>((_resolve, reject) => {
        signal.addEventListener('abort', () => reject(signal.reason));
      });
    };
    const options = { signal: controller.signal, concurrency: 1 };
    const warmed = cache.warmCache(paths, extract, options);
    await promise;
    const reason = new Error('enough');
    controller.abort(reason);
    await expect(warmed).rejects.toBe(reason);
    expect(seen.map(({ aborted }) => aborted)).toEqual([true]);
    await expect(cache.warmCache(paths, extract, options)).rejects.toBe(reason);
    await expect(cache.warmCache(paths, extract, { signal: 5 as never })).rejects.toThrow(
      TypeError,
    );
    expect(seen).toHaveLength(1);
  });
});

it('the types accept interfaces, readonly arrays and all kinds of paths', () => {
  interface Photo {
    readonly Model: string;
  }
  const check = async (cache: AdvancedMetadataCache, photo: Photo, path: FilePath) => {
    expectTypeOf(cache.get('a')).toEqualTypeOf<Metadata | undefined>();
    expectTypeOf(cache.get<Photo>(path)).toEqualTypeOf<Photo | undefined>();
    expectTypeOf(cache.peek<Photo>(path)).toEqualTypeOf<Photo | undefined>();
    expectTypeOf(cache.getMany<Photo>(['a'] as const)).toEqualTypeOf<(Photo | undefined)[]>();
    cache.put(path, photo);
    cache.put(path, photo, { tier: 'full', ttlSeconds: 5 });
    expectTypeOf(await cache.fetch('a', () => photo)).toEqualTypeOf<Photo>();
    expectTypeOf(await cache.fetch<Photo>('a', async (file: string) => ({ Model: file })));
    expectTypeOf(await cache.fetch<Photo>(path, (_: FilePath, __: AbortSignal) => photo));
    expectTypeOf(await cache.fetch(new URL('file:///a'), (url) => ({ Model: url.href })));
    expectTypeOf(await cache.fetch(path, extractFile)).toEqualTypeOf<Metadata>();
    await cache.warmCache(['a'] as readonly string[], extractFile);
    // @ts-expect-error: a number is no record
    cache.put(path, 5);
    // @ts-expect-error: nor is it a path
    cache.get(5);
  };
  expect(check).toBeTypeOf('function');
});
