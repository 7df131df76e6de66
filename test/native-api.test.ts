// Tests the C interface from Node: what accepts it, what is refused, and native threads that share stores with
// JavaScript and outlive workers. Workers are terminated in 8 rounds with EBBCACHE_FULL=1, or else in 5.

import { existsSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  ArenaCache,
  type ArenaStats,
  includeDir,
  type NativeApi,
  nativeApi,
} from '../lib/index.js';
import { sized } from './helpers/full-size.js';
import { buildExample, buildNote, canBuild } from './helpers/native-example.js';
import { packageUrl, runNode, runScript, silentSuccess } from './helpers/run-script.js';
import { seededRandomUrl, testSeed } from './helpers/test-seed.js';
import { fixtures } from './helpers/truth.js';

const require = createRequire(import.meta.url);
const strangerPath = fileURLToPath(
  new URL('../build/native/test/addon/stranger.node', import.meta.url),
);

interface Counts {
  extracted: number;
  cached: number;
  failed: number;
}

interface Extractor {
  open(api: NativeApi, options: { name: string; maxBytes: number; threads?: number }): void;
  extract(files: string[]): Promise<Counts>;
  find(key: string): Buffer | undefined;
  stats(): ArenaStats;
  close(): void;
}

/** Scripts have a function that starts a worker from a source. */
const startWorker = `
  import { Worker } from 'node:worker_threads';
  import { once } from 'node:events';
  import { createRequire } from 'node:module';
  const require = createRequire(${JSON.stringify(import.meta.url)});
  const startWorker = (source) => new Worker(new URL('data:text/javascript,' + encodeURIComponent(
    'import * as ebbcache from "${packageUrl}"; import { parentPort } from "node:worker_threads";' +
    'import { createRequire } from "node:module";' +
    'const require = createRequire(${JSON.stringify(import.meta.url)});' + source)));
  const until = async (holds) => { while (!holds()) await new Promise(setImmediate); };
`;

describe('the installed package', () => {
  it('includes the headers', () => {
    for (const header of ['ebbcache.h', 'ebbcache_node.h']) {
      expect(existsSync(join(includeDir, header))).toBe(true);
      expect(require.resolve(`ebbcache/include/${header}`)).toBe(join(includeDir, header));
    }
  });
});

describe('an addon that receives the API table', () => {
  const stranger = require(strangerPath);

  it('accepts what nativeApi returns, every time', () => {
    expect(stranger.checkApi(nativeApi())).toBeUndefined();
    expect(stranger.checkApi(nativeApi())).toBeUndefined();
  });

  const { untagged, otherTag, nextVersion, smaller } = stranger.makeExternals();

  it.each<[string, unknown]>([
    ['nothing', undefined],
    ['null', null],
    ['a number', 5],
    ['a string', 'ebbcache'],
    ['an object', {}],
    ['a function', nativeApi],
    ['an external of another addon', untagged],
    ['an external with the tag of another addon', otherTag],
  ])('refuses %s with a TypeError', (_, value) => {
    expect(() => stranger.checkApi(value)).toThrow(TypeError);
    expect(() => stranger.checkApi(value)).toThrow(
      expect.objectContaining({
        code: 'ERR_EBBCACHE_ARGUMENT',
        message: expect.stringMatching(
          /Pass what nativeApi\(\) of the package ebbcache returns\.$/,
        ),
      }),
    );
  });

  it.each<[string, unknown]>([
    ['of the next version', nextVersion],
    ['that lacks functions', smaller],
  ])('refuses a table %s with an Error that says so', (_, table) => {
    expect(() => stranger.checkApi(table)).not.toThrow(TypeError);
    expect(() => stranger.checkApi(table)).toThrow(
      expect.objectContaining({
        code: 'ERR_EBBCACHE_ARGUMENT',
        message: expect.stringMatching(/^This ebbcache has another native interface/),
      }),
    );
  });
});

describe('threads that belong to no environment', () => {
  const start = `const stranger = require(${JSON.stringify(strangerPath)});
    stranger.start(ebbcache.nativeApi(), 'kept', 4 << 20);
    parentPort.postMessage('ready');
    setInterval(() => {}, 1000);`;

  it('continue when the only environment with ebbcache was terminated', async () => {
    const script = `${startWorker}
      const stranger = require(${JSON.stringify(strangerPath)});
      for (let round = 0; round < 3; round++) {
        const worker = startWorker(${JSON.stringify(start)});
        await once(worker, 'message');
        await until(() => stranger.turns() > 1000);
        await worker.terminate();
        const turns = stranger.turns();
        await until(() => stranger.turns() > turns + 20_000);
        const failures = stranger.stop();
        if (failures !== 0) throw new Error(failures + ' calls failed');
      }
      // The threads are not stopped before the process ends.
      const worker = startWorker(${JSON.stringify(start)});
      await once(worker, 'message');
      await worker.terminate();`;
    expect(await runNode(['--input-type=module', '--eval', script])).toEqual(silentSuccess);
  });

  it('share the store with those who open it later, and release it when they close', async () => {
    const script = `${startWorker}
      const stranger = require(${JSON.stringify(strangerPath)});
      const worker = startWorker(${JSON.stringify(start)});
      await once(worker, 'message');
      await worker.terminate();
      const cache = new ebbcache.ArenaCache({ name: 'kept', maxBytes: 4 << 20, ebb: false });
      await until(() => cache.size === 1000);
      for (const [key, value] of cache.entries()) {
        if (!key.startsWith('native') || !Number.isInteger(value)) throw new Error(key);
      }
      cache.close();
      if (stranger.stop() !== 0) throw new Error('calls failed');
      // The store is closed everywhere: its name is free for other options, and it has no entries.
      const other = new ebbcache.ArenaCache({ name: 'kept', maxBytes: 8 << 20 });
      if (other.size !== 0) throw new Error('not empty');`;
    expect(await runScript(script)).toEqual(silentSuccess);
  });

  it('may be running when process.exit is called', async () => {
    const script = `${startWorker}
      const stranger = require(${JSON.stringify(strangerPath)});
      stranger.start(ebbcache.nativeApi(), 'kept', 4 << 20);
      await until(() => stranger.turns() > 1000);
      process.exit();`;
    expect(await runScript(script)).toEqual(silentSuccess);
  });
});

// The child runs native code only, because V8 does not share its heap with it.
describe.skipIf(process.platform === 'win32')('a process that forks without exec', () => {
  it('is refused in the child, and continues as the parent', async () => {
    const script = `${startWorker}
      const stranger = require(${JSON.stringify(strangerPath)});
      const cache = new ebbcache.ArenaCache({ name: 'kept', maxBytes: 4 << 20, ebb: false });
      cache.set('before', 1);
      stranger.start(ebbcache.nativeApi(), 'kept', 4 << 20);
      await until(() => stranger.turns() > 1000);
      for (let round = 0; round < 20; round++) {
        const ended = stranger.fork();
        if (ended !== 0) throw new Error('The child ended with ' + ended);
        const turns = stranger.turns();
        await until(() => stranger.turns() > turns + 100);
      }
      if (stranger.stop() !== 0) throw new Error('calls failed');
      if (cache.get('before') !== 1) throw new Error('not what it was');`;
    expect(await runScript(script)).toEqual(silentSuccess);
  });
});

describe.skipIf(!canBuild)(`the example native-extractor${buildNote}`, () => {
  const folder = join(tmpdir(), `ebbcache-test-native-extractor-${process.pid}`);
  const addon = join(folder, 'build', 'Release', 'native_extractor.node');
  const images = ['chart.png', 'dot.gif', 'plain.jpg'].map((name) =>
    join(fixtures, 'images', name),
  );
  const [png = '', gif = '', jpeg = ''] = images;
  const options = { name: 'facts', maxBytes: 4 << 20 };
  let extractor: Extractor;

  beforeAll(async () => {
    await buildExample(folder);
    extractor = require(addon);
  }, 300_000);
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('stores what JavaScript reads, and finds what JavaScript has stored', async () => {
    const cache = new ArenaCache(options);
    cache.set(gif, { made: 'in JavaScript', at: new Date(0) });
    cache.set(jpeg, 'no record');
    extractor.open(nativeApi(), options);
    expect(await extractor.extract([...images, 'missing.png'])).toEqual({
      extracted: 2,
      cached: 1,
      failed: 1,
    });
    expect(await extractor.extract(images)).toEqual({ extracted: 0, cached: 3, failed: 0 });

    expect(cache.get(png)).toEqual({
      bytes: 531,
      head: Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'),
      type: 'png',
      width: 128,
      height: 64,
    });
    expect(cache.get(jpeg)).toMatchObject({ bytes: 635, type: 'other' });
    expect(cache.get(gif)).toEqual({ made: 'in JavaScript', at: new Date(0) });
    for (const key of images) expect(extractor.find(key)).toEqual(cache.getBytes(key));
    expect(extractor.find('missing.png')).toBeUndefined();

    const stats = cache.stats();
    // The C interface has all but the statistics of dictionaries and of JavaScript.
    expect(stats).toMatchObject(extractor.stats());
    const others = [
      'dictionaries',
      'dictionaryBytes',
      'dictionaryTrainings',
      'undecodableValues',
      'hotValues',
      'hotValueBytes',
    ];
    expect(Object.keys(stats).sort()).toEqual(
      [...Object.keys(extractor.stats()), ...others].sort(),
    );
    expect(stats).toMatchObject({ entries: 3, puts: 4 });
    const bytes = cache.getBytes(png);
    cache.close();
    expect(extractor.find(png)).toEqual(bytes);
    extractor.close();
  });

  it('reports why a store cannot be opened', () => {
    const cache = new ArenaCache(options);
    const open = (other: object) => () => extractor.open(nativeApi(), { ...options, ...other });
    expect(open({ maxBytes: 8 << 20 })).toThrow(
      "The store 'facts' is open in this process with other options.",
    );
    expect(open({ maxBytes: 1000 })).toThrow(/^maxBytes must be from 65536/);
    expect(() => extractor.open({} as NativeApi, options)).toThrow(TypeError);
    expect(() => extractor.stats()).toThrow('The extractor is not open.');
    cache.close();
  });

  it('settles its promises when it is closed with calls in flight', async () => {
    extractor.open(nativeApi(), { ...options, threads: 1 });
    const files = Array.from({ length: 5000 }, (_, i) => `${png}?${i}`);
    const counts = extractor.extract(files);
    extractor.close();
    expect((await counts).failed).toBe(5000);
  });

  it('runs as its README says', async () => {
    const { code, stdout, stderr } = await runNode([join(folder, 'run.mjs'), png, gif]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toContain('first { extracted: 2, cached: 0, failed: 0 }');
    expect(stdout).toContain('again { extracted: 0, cached: 2, failed: 0 }');
    expect(stdout).toContain('width: 128');
    expect(stdout).toContain('2 entries');
  });

  it('may be running when process.exit is called', async () => {
    const script = `${startWorker}
      const extractor = require(${JSON.stringify(addon)});
      extractor.open(ebbcache.nativeApi(), { name: 'facts', maxBytes: 4 << 20 });
      extractor.extract(Array.from({ length: 100_000 }, (_, i) => ${JSON.stringify(png)} + i % 100));
      await until(() => extractor.stats().misses > 1000);
      process.exit();`;
    expect(await runScript(script)).toEqual(silentSuccess);
  });

  it('may run in workers that are terminated, and its memory is released', async () => {
    const script = `${startWorker}
      const { seededRandom } = await import(${JSON.stringify(seededRandomUrl)});
      const random = seededRandom(${testSeed()});
      const options = { name: 'facts', maxBytes: 64 << 20 };
      const cache = new ebbcache.ArenaCache(options);
      const rss = () => process.memoryUsage.rss();
      for (let i = 0; i < 5000; i++) cache.set('filler' + i, Buffer.alloc(9000, i));
      const source = \`
        const extractor = require(${JSON.stringify(addon)});
        extractor.open(ebbcache.nativeApi(), { name: 'facts', maxBytes: 64 << 20, threads: 2 });
        const files = ${JSON.stringify(images)};
        const many = Array.from({ length: 3000 }, (_, i) => files[i % 3]);
        parentPort.postMessage('ready');
        for (;;) await Promise.all([extractor.extract(many), extractor.extract(many)]);\`;
      for (let round = 0; round < ${sized(8, 5)}; round++) {
        const workers = [startWorker(source), startWorker(source)];
        if (round % 4 !== 0) await Promise.all(workers.map((worker) => once(worker, 'message')));
        const reads = random(50);
        for (let i = 0; i < reads; i++) {
          for (const file of ${JSON.stringify(images)}) {
            const found = cache.get(file);
            if (found !== undefined && !(found.bytes > 0)) throw new Error('another entry');
            cache.delete(file);
          }
          await new Promise(setImmediate);
        }
        await Promise.all(workers.map((worker) => worker.terminate()));
      }
      const { heldBytes, budgetBytes } = cache.stats();
      if (heldBytes > budgetBytes || heldBytes < 40 << 20) throw new Error('held: ' + heldBytes);
      const before = rss();
      cache.close();
      if (before - rss() < 0.9 * heldBytes) throw new Error('kept ' + (rss() - before + heldBytes));
      // No process has it open any more.
      new ebbcache.ArenaCache({ name: 'facts', maxBytes: 1 << 20 }).close();`;
    expect(await runScript(script)).toEqual(silentSuccess);
  });
});
