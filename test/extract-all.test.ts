import { getEventListeners } from 'node:events';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  type ExtractAllOptions,
  type ExtractRecord,
  extractAll,
  type Metadata,
} from '../lib/extract/index.js';
import { orderedMap } from '../lib/extract/ordered-map.js';
import { walk } from '../lib/extract/walk.js';
import type { FetchOptions, MetadataExtractor } from '../lib/index.js';
import { withTempFolder } from './helpers/temp-folder.js';
import { fixtures, fixtureTruths } from './helpers/truth.js';

const images = join(fixtures, 'images');

type Fetch = NonNullable<ExtractAllOptions['cache']>['fetch'];

/** What extractAll needs of a cache. */
function mapCache() {
  const entries = new Map<string, Metadata>();
  const tiers = new Set<string | undefined>();
  const fetch = async (
    file: string,
    extract: MetadataExtractor<Metadata>,
    options: FetchOptions = {},
  ) => {
    const { tier, signal = new AbortController().signal } = options;
    tiers.add(tier);
    signal.throwIfAborted();
    const metadata = entries.get(file) ?? (await extract(file, signal));
    entries.set(file, metadata);
    return metadata;
  };
  return { entries, tiers, fetch: fetch as Fetch };
}

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

describe('the function extractAll', () => {
  it('extracts once, then hits, in the order of the input', async () => {
    const cache = mapCache();
    const paths = [join(images, 'plain.jpg'), images];
    const first = await collect(extractAll(paths, { cache, concurrency: 1 }));
    const second = await collect(extractAll(paths, { cache, concurrency: 8 }));
    const files = fixtureTruths().map((truth) => truth.file);
    expect(first.map((record) => record.file)).toEqual([paths[0], ...files.sort()]);
    // The file that is also in the folder is a hit the second time it comes.
    const twice = first.findLastIndex((record) => record.file === paths[0]);
    expect(first.map((record) => record.cached)).toEqual(first.map((_, i) => i === twice));
    expect(second).toEqual(first.map((record) => ({ ...record, cached: true })));
    expect(cache.entries.size).toBe(files.length);
  });

  it('turns a failure into a record and continues', async () => {
    const paths = [
      join(images, 'none.jpg'),
      join(fixtures, 'bad/cut.png'),
      join(images, 'dot.gif'),
    ];
    const progress: number[] = [];
    const cache = mapCache();
    const options = { cache, onProgress: (done: number) => progress.push(done) };
    const records: ExtractRecord[] = await collect(extractAll(paths, options));
    expect(records).toEqual([
      { file: paths[0], error: expect.stringMatching(/no such file\.$/) },
      { file: paths[1], error: expect.stringMatching(/is malformed: .+\.$/) },
      { file: paths[2], cached: false, metadata: expect.objectContaining({ FileType: 'GIF' }) },
    ]);
    expect(progress).toEqual([1, 2, 3]);
    expect([...cache.entries.keys()]).toEqual([paths[2]]);
  });

  it('extracts each file where there is no cache', async () => {
    const paths = [join(images, 'dot.gif'), join(images, 'none.jpg'), join(images, 'dot.gif')];
    const expected = [
      { file: paths[0], cached: false, metadata: expect.objectContaining({ FileType: 'GIF' }) },
      { file: paths[1], error: expect.stringMatching(/no such file\.$/) },
      { file: paths[2], cached: false, metadata: expect.objectContaining({ FileType: 'GIF' }) },
    ];
    expect(await collect(extractAll(paths))).toEqual(expected);
    expect(await collect(extractAll(paths, { refresh: true }))).toEqual(expected);
  });

  it('passes the tier to the cache', async () => {
    const cache = mapCache();
    await collect(extractAll([join(images, 'dot.gif')], { cache, tier: 'full' }));
    expect([...cache.tiers]).toEqual(['full']);
  });

  it('throws the reason when its signal aborts', async () => {
    const controller = new AbortController();
    const run = async () => {
      for await (const _ of extractAll([images], {
        cache: mapCache(),
        signal: controller.signal,
      })) {
        controller.abort(new Error('enough'));
      }
    };
    await expect(run()).rejects.toThrow('enough');
  });

  it.each([0, 1.5, 65, Number.NaN])('refuses a concurrency of %s', async (concurrency) => {
    const records = extractAll([images], { cache: mapCache(), concurrency });
    await expect(records.next()).rejects.toThrow(RangeError);
  });
});

describe('the function extractAll with paths that come one by one', () => {
  const dot = join(images, 'dot.gif');

  it('yields finished records while the next path is awaited, and stops at a signal', async () => {
    async function* paths() {
      yield dot;
      await new Promise(() => {});
    }
    const controller = new AbortController();
    const { signal } = controller;
    const records = extractAll(paths(), { cache: mapCache(), signal });
    expect((await records.next()).value).toMatchObject({ file: dot, cached: false });
    const next = records.next();
    controller.abort(new Error('enough'));
    await expect(next).rejects.toThrow('enough');
    expect(getEventListeners(signal, 'abort')).toEqual([]);
  });

  it('refuses what is not a list of paths', async () => {
    const cache = mapCache();
    const bad = [1, undefined, {}, '/a', new URL('file:///a'), Buffer.from('/a'), [1], [{}]];
    for (const paths of bad) {
      await expect(collect(extractAll(paths as never, { cache }))).rejects.toMatchObject({
        name: 'TypeError',
        code: 'ERR_EBBCACHE_ARGUMENT',
      });
    }
    await expect(collect(extractAll([dot], { cache: null as never }))).rejects.toMatchObject({
      code: 'ERR_EBBCACHE_ARGUMENT',
    });
  });

  it('adds one listener to its signal, however many files are in flight', async () => {
    const { signal } = new AbortController();
    const cache = mapCache();
    const counts = new Set<number>();
    const fetch = (file: string, extract: MetadataExtractor, options?: FetchOptions) => {
      counts.add(getEventListeners(signal, 'abort').length);
      return cache.fetch(file, extract, options);
    };
    const counted = { fetch: fetch as Fetch };
    const options = { cache: counted, signal, concurrency: 64 };
    await collect(extractAll(Array(100).fill(dot), options));
    expect([...counts]).toEqual([1]);
  });

  it('needs a cache that can invalidate files for refresh', async () => {
    const records = extractAll([dot], { cache: mapCache(), refresh: true });
    await expect(records.next()).rejects.toThrow(TypeError);
  });
});

describe('the function walk', () => {
  it('follows links to files, skips links to folders, and ends in a circle of links', async () => {
    await withTempFolder(async (folder) => {
      mkdirSync(join(folder, 'b'));
      writeFileSync(join(folder, 'b/inner'), 'x');
      writeFileSync(join(folder, 'a'), 'x');
      symlinkSync(join(folder, 'a'), join(folder, 'c'));
      symlinkSync(folder, join(folder, 'b/circle'));
      symlinkSync(join(folder, 'gone'), join(folder, 'd'));
      const skipped: string[] = [];
      const entries = await collect(walk([folder], (file) => skipped.push(file)));
      expect(entries).toEqual(['a', 'b/inner', 'c'].map((file) => ({ file: join(folder, file) })));
      expect(skipped).toEqual(['b/circle', 'd'].map((file) => join(folder, file)));
    });
  });

  it.runIf(process.platform === 'linux')('continues after a name that is not UTF-8', async () => {
    await withTempFolder(async (folder) => {
      const name = Buffer.concat([Buffer.from(`${folder}/`), Buffer.from([0x66, 0xff, 0x67])]);
      writeFileSync(name, 'x');
      const records = await collect(extractAll([folder], { cache: mapCache() }));
      expect(records).toEqual([
        {
          file: expect.any(String),
          error: expect.stringContaining('f\\xffg" cannot be read: its name'),
        },
      ]);
    });
  });
});

describe('the function orderedMap', () => {
  it('runs no more than the concurrency at once and preserves the order', async () => {
    let running = 0;
    let most = 0;
    const double = async (n: number) => {
      most = Math.max(most, ++running);
      for (let turn = 0; turn < (n * 7) % 5; turn++) await new Promise(setImmediate);
      running--;
      return n * 2;
    };
    async function* numbers() {
      for (let n = 0; n < 50; n++) yield n;
    }
    const results = await collect(orderedMap(numbers(), 4, double));
    expect(results).toEqual(Array.from({ length: 50 }, (_, n) => n * 2));
    expect(most).toBe(4);
  });
});
