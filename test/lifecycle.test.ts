// Tests how processes and workers end. Workers are terminated in 25 rounds with EBBCACHE_FULL=1, or else in 8.

import { copyFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { sized } from './helpers/full-size.js';
import { packageUrl, runNode, runScript, silentSuccess } from './helpers/run-script.js';
import { withTempFolder } from './helpers/temp-folder.js';
import { seededRandomUrl, testSeed } from './helpers/test-seed.js';

const addon = fileURLToPath(new URL('../build/Release/ebbcache.node', import.meta.url));

/** Scripts have a store, and a function that starts a worker from a source that has `ebbcache` too. */
const open = `const cache = new ebbcache.ArenaCache({ maxBytes: 8 << 20 });\n`;
const named = `new ebbcache.ArenaCache({ maxBytes: 4 << 20, name: 'shared', ebb: false })`;
const startWorker = `
  import { Worker } from 'node:worker_threads';
  import { once } from 'node:events';
  const startWorker = (source) => new Worker(new URL('data:text/javascript,' + encodeURIComponent(
    'import * as ebbcache from "${packageUrl}";' +
    'import { parentPort } from "node:worker_threads";' + source)));
`;

describe('a process', () => {
  it.each<[string, string]>([
    ['after it only imported the package', ''],
    ['with an open cache', `${open} cache.set('a', 1);`],
    ['with an open cache of a name', `globalThis.kept = ${named}; kept.set('a', 1);`],
    ['with entries that expire', `${open} cache.set('a', 1, { ttl: 3_600_000 });`],
    ['with a started monitor', 'new ebbcache.MemoryPressureMonitor().startMonitoring();'],
    ['with the global monitor', 'ebbcache.getGlobalMonitor();'],
    [
      'with the global cache in use',
      `const cache = ebbcache.getEnhancedCache();
       cache.put('test.jpg', { tags: ['test'] });
       await cache.fetch('other.jpg', async () => ({ n: 1 }));`,
    ],
    [
      'with caches left to the garbage collector',
      `for (let i = 0; i < 200; i++) new ebbcache.ArenaCache({ maxBytes: 1 << 20 }).set('a', i);
       globalThis.gc();
       await new Promise(setImmediate);
       globalThis.gc();`,
    ],
    ['in the middle of an iteration', `${open} cache.set('a', 1); cache.keys().next();`],
  ])('ends by itself %s', async (_, script) => {
    expect(await runScript(script, ['--expose-gc'])).toEqual(silentSuccess);
  });
});

describe('a process that calls process.exit', () => {
  it.each<[string, string]>([
    ['right after a cache was opened', `${open} process.exit();`],
    [
      'in the middle of puts',
      `${open} for (let i = 0; ; i++) {
         cache.set('key' + i, 'v'.repeat(600));
         if (i === 30_000) process.exit();
       }`,
    ],
    ['in a getter of a value', `${open} cache.set('a', { get b() { process.exit(); } });`],
    [
      'with an exit handler that uses the cache',
      `${open} process.on('exit', () => {
         cache.set('a', 1);
         if (cache.get('a') !== 1) throw new Error('lost');
         new ebbcache.ArenaCache({ maxBytes: 1 << 20 }).set('b', 2);
         process.exit();
       });`,
    ],
    [
      'while workers use the same store',
      `${startWorker}
       const cache = ${named};
       for (let i = 0; i < 3; i++) {
         const worker = startWorker(\`
           const cache = ${named};
           parentPort.postMessage('ready');
           for (let i = 0; ; i++) cache.set('key' + (i % 5000), 'v'.repeat(i % 900));\`);
         await once(worker, 'message');
       }
       for (let i = 0; i < 5000; i++) cache.get('key' + i);
       process.exit();`,
    ],
  ])('ends %s', async (_, script) => {
    expect(await runScript(script)).toEqual(silentSuccess);
  });

  it('ends with 1 after an uncaught exception', async () => {
    const script = `${open} ebbcache.getEnhancedCache(); cache.set('a', 1); throw new Error('mine');`;
    const { code, signal, stderr } = await runScript(script);
    expect({ code, signal }).toEqual({ code: 1, signal: null });
    expect(stderr).toMatch(/Error: mine/);
  });
});

describe('worker threads with the addon', () => {
  it('may load it without the main thread', async () => {
    const script = `${startWorker}
      const source = \`
        const cache = ${named};
        cache.set('a', new Map([[1, 2]]));
        ebbcache.getEnhancedCache().put('test.jpg', { a: 1 });
        parentPort.postMessage(cache.get('a').get(1));\`;
      for (let i = 0; i < 3; i++) {
        const workers = [startWorker(source), startWorker(source)];
        const ends = workers.map((worker) => once(worker, 'exit'));
        const messages = await Promise.all(workers.map((worker) => once(worker, 'message')));
        if (messages.flat().join() !== '2,2') throw new Error(messages.join());
        if ((await Promise.all(ends)).flat().join() !== '0,0') throw new Error('not a clean end');
      }`;
    expect(await runNode(['--input-type=module', '--eval', script])).toEqual(silentSuccess);
  });

  it('may be terminated at any moment', async () => {
    const script = `${startWorker}
      const { seededRandom } = await import(${JSON.stringify(seededRandomUrl)});
      const random = seededRandom(${testSeed()});
      const cache = ${named};
      const source = \`
        const cache = ${named};
        const all = ebbcache.getEnhancedCache();
        parentPort.postMessage('ready');
        for (let i = 0; ; i++) {
          const key = 'key' + (i % 3000);
          cache.set(key, { key, text: 'v'.repeat(i % 2000) });
          const found = cache.get('key' + ((i * 7) % 3000));
          if (i % 50 === 0) [...cache.keys()];
          if (i % 100 === 0) all.put('file' + i, { i });
        }\`;
      let turns = 0;
      const work = () => {
        for (let i = 0; i < 200; i++, turns++) {
          const key = 'key' + (turns % 3000);
          const found = cache.get(key);
          if (found !== undefined && found.key !== key) throw new Error('another entry');
          cache.set(key, { key, text: 'main' });
        }
      };
      for (let round = 0; round < ${sized(25, 8)}; round++) {
        const workers = [startWorker(source), startWorker(source)];
        // Some workers end while they start, and some while they work.
        if (round % 5 !== 0) await Promise.all(workers.map((worker) => once(worker, 'message')));
        const turnsHere = random(20);
        for (let i = 0; i < turnsHere; i++) {
          work();
          await new Promise(setImmediate);
        }
        await Promise.all(workers.map((worker) => worker.terminate()));
      }
      work();
      const { entries, heldBytes, budgetBytes, payloadBytes } = cache.stats();
      const keys = [...cache.keys()];
      if (new Set(keys).size !== entries) throw new Error('entries: ' + entries + ', keys: ' + keys.length);
      if (heldBytes > budgetBytes || payloadBytes > heldBytes) throw new Error('bytes');
      let bytes = 0;
      for (const key of keys) {
        if (cache.peek(key)?.key !== key) throw new Error('another entry');
        bytes += key.length + cache.getBytes(key).length;
      }
      if (payloadBytes > bytes) throw new Error('payload: ' + payloadBytes + ', found: ' + bytes);
      cache.clear();
      if (cache.stats().payloadBytes !== 0) throw new Error('not empty');`;
    expect(await runScript(script)).toEqual(silentSuccess);
  });
});

describe('the addon', () => {
  it('may be loaded twice, from two files', async () => {
    await withTempFolder(async (folder) => {
      const copy = join(folder, 'copy.node');
      copyFileSync(addon, copy);
      const script = join(folder, 'both.cjs');
      writeFileSync(
        script,
        `const options = { maxBytes: 1 << 20, maxEntries: 0, policy: 'lru', ttl: 0, name: 'same', ebb: true, minBytes: 0 };
         const stores = process.argv.slice(2).map((path) => {
           const addon = require(path);
           const buffer = Buffer.alloc(100);
           addon.setReadBuffer(buffer);
           return { addon, store: new addon.Store(options), buffer };
         });
         stores.forEach(({ addon, store }, i) => {
           addon.setWriteBuffer(Buffer.from('value ' + i));
           addon.set(store.id, 'key', 7);
         });
         stores.forEach(({ addon, store, buffer }, i) => {
           const length = addon.get(store.id, 'key');
           if (buffer.toString('utf8', 0, length) !== 'value ' + i) throw new Error('mixed up');
         });
         stores[0].store.close();
         if (stores[1].addon.get(stores[1].store.id, 'key') !== 7) throw new Error('lost');`,
      );
      expect(await runNode([script, addon, copy])).toEqual(silentSuccess);
    });
  });

  it('refuses invalid arguments with a number', async () => {
    const script = `
      const addon = require(process.argv[1]);
      const options = { maxBytes: 1 << 20, maxEntries: 0, policy: 'lru', ttl: 0, name: '', ebb: true, minBytes: 0 };
      const nonsense = [undefined, null, 0, -1, 1, 2 ** 31, 2 ** 32, NaN, '1', 'key', {}, [], Symbol('s'), 1n, () => 1];
      const call = (name) => {
        for (const a of nonsense) for (const b of nonsense) for (const c of nonsense) {
          const outcome = addon[name].call(c, a, b, c, b, a, c, b);
          if (typeof outcome !== 'number') throw new Error(name + ' gave ' + outcome);
        }
      };
      const names = ['get', 'peek', 'has', 'delete', 'set', 'getMany', 'setMany', 'setBytes', 'refuse', 'largestValue'];
      names.forEach(call);
      const store = new addon.Store(options);
      names.forEach(call);
      addon.setReadBuffer(Buffer.alloc(10));
      addon.setWriteBuffer(Buffer.alloc(10, 0xff));
      names.forEach(call);
      const { rejections } = store.stats();
      if (addon.setMany(store.id, 0, 0, 0, 'key') !== 8) throw new Error('no value');
      if (store.stats().rejections !== rejections + 1) throw new Error('not refused');
      addon.setWriteBuffer(Buffer.alloc(10, 0xfe));
      if (addon.setMany(store.id, 0, 0, 0, 'key') !== -4) throw new Error('a length beyond the buffer');
      if (addon.setMany(store.id, 5, 0, 0, 'key') !== -4) throw new Error('a header beyond the buffer');
      if (addon.set(store.id, 'key', 11) !== -4) throw new Error('a value beyond the buffer');
      if (addon.set(store.id, 'key', 10) !== 0) throw new Error('not stored');
      if (addon.getMany(store.id, 'none', 'key') !== 1) throw new Error('a value beyond the buffer');
      const { id } = store;
      store.close();
      if (addon.get(id, 'key') !== -3) throw new Error('closed');
      names.forEach(call);`;
    expect(await runNode(['--eval', script, addon])).toEqual(silentSuccess);
  });
});
