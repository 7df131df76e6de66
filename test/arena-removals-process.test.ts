// Tests the events of removals in separate processes and threads. Workers are terminated in 12 rounds with
// EBBCACHE_FULL=1, or else in 5.

import { describe, expect, it } from 'vitest';
import { sized } from './helpers/full-size.js';
import { packageUrl, runScript, silentSuccess } from './helpers/run-script.js';

const prelude = `
  import assert from 'node:assert/strict';
  import { Worker } from 'node:worker_threads';
  import { once } from 'node:events';
  const { ArenaCache } = ebbcache;
  const options = { maxBytes: 1 << 20, name: 'shared', ebb: false };
  const startWorker = (source) => new Worker(new URL('data:text/javascript,' + encodeURIComponent(
    'import * as ebbcache from "${packageUrl}";' +
    'import { parentPort } from "node:worker_threads";' +
    'const cache = new ebbcache.ArenaCache({ maxBytes: 1 << 20, name: "shared", ebb: false });' +
    source)));
  const leave = (cache, key) => { cache.set(key, 1); cache.delete(key); };
  /** Collects the removals from now on, and waits for one to come. Only that wait keeps the process alive. */
  const listen = (cache) => {
    const heard = [];
    let wake = () => {};
    cache.on('remove', (removals) => { heard.push(...removals.map(({ key }) => key)); wake(); });
    const until = async (key) => {
      const keepAlive = setInterval(() => {}, 1000);
      while (!heard.includes(key)) await new Promise((resolve) => (wake = resolve));
      clearInterval(keepAlive);
      return heard;
    };
    return until;
  };
`;

const run = (script: string, nodeArgs?: string[]) => runScript(prelude + script, nodeArgs);

describe('a process with a listener for removals', () => {
  it.each<[string, string]>([
    ['to which nothing was told', ''],
    ['to which something is to be told', `leave(cache, 'a');`],
    ['that was told something', `leave(cache, 'a'); await until('a');`],
    ['of a closed cache', `leave(cache, 'a'); cache.close();`],
  ])('ends by itself: %s', async (_, script) => {
    const outcome = await run(`
      const cache = new ArenaCache(options);
      const until = listen(cache);
      ${script}`);
    expect(outcome).toEqual(silentSuccess);
  });

  it('receives later removals after a listener threw an uncaught exception', async () => {
    const outcome = await run(`
      const cache = new ArenaCache(options);
      const uncaught = [];
      process.on('uncaughtException', (error) => uncaught.push(error.message));
      process.on('warning', (warning) => uncaught.push(warning));
      const until = listen(cache);
      cache.prependListener('remove', ([{ key }]) => { if (key !== 'last') throw new Error(key); });
      leave(cache, 'a');
      const keepAlive = setInterval(() => {}, 1000);
      while (uncaught.length === 0) await new Promise(setImmediate);
      clearInterval(keepAlive);
      leave(cache, 'last');
      assert.deepEqual(await until('last'), ['last']);
      assert.deepEqual(uncaught, ['a']);`);
    expect(outcome).toEqual(silentSuccess);
  });

  it('exits with code 1 where nobody catches what a listener threw', async () => {
    const { code, stderr } = await run(`
      const cache = new ArenaCache(options);
      cache.on('remove', () => { throw new Error('mine'); });
      leave(cache, 'a');
      setInterval(() => {}, 1000);`);
    expect(code).toBe(1);
    expect(stderr).toMatch(/Error: mine/);
  });

  it('runs it outside the async context of both the subscriber and the remover', async () => {
    const outcome = await run(`
      import { AsyncLocalStorage } from 'node:async_hooks';
      const storage = new AsyncLocalStorage();
      const cache = new ArenaCache(options);
      const keepAlive = setInterval(() => {}, 1000);
      const store = await new Promise((resolve) => {
        storage.run('one', () => cache.on('remove', () => resolve(storage.getStore())));
        storage.run('two', () => leave(cache, 'a'));
      });
      clearInterval(keepAlive);
      assert.equal(store, undefined);`);
    expect(outcome).toEqual(silentSuccess);
  });

  it('releases a cache that nothing refers to any more', async () => {
    const outcome = await run(
      `
      const listened = () => {
        const cache = new ArenaCache(options);
        cache.on('remove', () => {});
        leave(cache, 'a');
        return new WeakRef(cache);
      };
      const cache = listened();
      for (let i = 0; i < 200 && cache.deref() !== undefined; i++) {
        await new Promise(setImmediate);
        globalThis.gc();
      }
      assert.equal(cache.deref(), undefined);
      // Its store is released too: the name may be opened with other options.
      let opened;
      for (let i = 0; i < 200 && opened === undefined; i++) {
        await new Promise(setImmediate);
        globalThis.gc();
        try {
          opened = new ArenaCache({ ...options, maxEntries: 7 });
        } catch (error) {
          assert.equal(error.code, 'ERR_EBBCACHE_OPEN');
        }
      }
      assert.notEqual(opened, undefined);`,
      ['--expose-gc'],
    );
    expect(outcome).toEqual(silentSuccess);
  });
});

describe('threads that share a store by name', () => {
  it('each receive the removals by any of them', async () => {
    const outcome = await run(`
      const cache = new ArenaCache(options);
      const until = listen(cache);
      const worker = startWorker(\`
        cache.on('remove', (removals) => parentPort.postMessage(removals));
        parentPort.once('message', () => {
          cache.set('theirs', 1);
          cache.delete('theirs');
          parentPort.once('message', () => process.exit());
        });
        parentPort.postMessage('ready');\`);
      await once(worker, 'message');
      cache.set('ours', 1);
      cache.set('ours', 2);
      const removals = [];
      worker.on('message', (message) => removals.push(...message));
      while (removals.length < 1) await once(worker, 'message');
      worker.postMessage('remove yours');
      assert.deepEqual(await until('theirs'), ['ours', 'theirs']);
      while (removals.length < 2) await once(worker, 'message');
      assert.deepEqual(removals, [
        { key: 'ours', reason: 'replace' },
        { key: 'theirs', reason: 'delete' },
      ]);
      const ended = once(worker, 'exit');
      worker.postMessage('exit');
      assert.deepEqual(await ended, [0]);
      leave(cache, 'after');
      await until('after');`);
    expect(outcome).toEqual(silentSuccess);
  });

  it('may terminate at any moment while they have listeners', async () => {
    const outcome = await run(`
      const cache = new ArenaCache(options);
      const until = listen(cache);
      cache.on('removalsLost', () => {});
      const source = \`
        cache.on('remove', () => {});
        parentPort.postMessage('ready');
        for (let i = 0; ; i++) {
          cache.set('key' + (i % 3000), 'v'.repeat(i % 900));
          if (i % 1000 === 0) await new Promise(setImmediate);
        }\`;
      for (let round = 0; round < ${sized(12, 5)}; round++) {
        const workers = [startWorker(source), startWorker(source)];
        // Some workers end while they start, and some while they work.
        if (round % 4 !== 0) await Promise.all(workers.map((worker) => once(worker, 'message')));
        for (let i = 0; i < round * 300; i++) cache.set('key' + i, i);
        await Promise.all(workers.map((worker) => worker.terminate()));
      }
      leave(cache, 'after');
      await until('after');`);
    expect(outcome).toEqual(silentSuccess);
  });
});
