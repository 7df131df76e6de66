// Tests which AsyncLocalStorage stores are active, and for how long. Each test runs in a process of its own,
// because what is created once per process or thread must be created there.

import { describe, expect, it } from 'vitest';
import { packageUrl, runNode, silentSuccess } from './helpers/run-script.js';
import { withTempFolder } from './helpers/temp-folder.js';

const prelude = (folder: string) => `
  import { AsyncLocalStorage } from 'node:async_hooks';
  import { once } from 'node:events';
  import assert from 'node:assert/strict';
  const storage = new AsyncLocalStorage();
  const other = new AsyncLocalStorage();
  const [folder, url] = [${JSON.stringify(folder)}, ${JSON.stringify(packageUrl)}];
  const cacheDir = folder + '/cache';`;

const run = (script: string) =>
  withTempFolder((folder) =>
    runNode(['--expose-gc', '--input-type=module', '--eval', prelude(folder) + script]),
  );

describe('the async context of a call', () => {
  it('is that in which its extraction runs', async () => {
    const script = `
      const { AdvancedMetadataCache } = await import(url);
      for (const options of [{}, { maxDiskSizeMb: 0 }]) {
        const cache = new AdvancedMetadataCache({ cacheDir, validate: 'none', ...options });
        const stores = [1, 2, 3].map((store) => storage.run(store, async () => {
          let inside;
          await cache.fetch('file ' + store, async () => {
            await new Promise(setImmediate);
            inside = storage.getStore();
            return {};
          });
          return [inside, storage.getStore()];
        }));
        assert.deepEqual(await Promise.all(stores), [[1, 1], [2, 2], [3, 3]]);
        cache.shutdown();
      }`;
    expect(await run(script)).toEqual(silentSuccess);
  });

  it.each([
    ['a static import', 'await import(url)'],
    ['an import within it', 'await storage.run({}, () => other.run({}, () => import(url)))'],
  ])('is not entered by a timer that a monitor starts in it: %s', async (_, load) => {
    const script = `
      const { MemoryPressureMonitor } = ${load};
      const monitor = new MemoryPressureMonitor({ sampleIntervalSeconds: 0.05 });
      storage.run('mine', () => other.run('mine', () => monitor.startMonitoring()));
      const stores = new Promise((resolve) => {
        monitor.once('sample', () => resolve([storage.getStore(), other.getStore()]));
      });
      const keepAlive = setInterval(() => {}, 1000);
      assert.deepEqual(await stores, [undefined, undefined]);
      clearInterval(keepAlive);`;
    expect(await run(script)).toEqual(silentSuccess);
  });

  it('is not entered by an event of a disk tier that was opened in it', async () => {
    const script = `
      import { writeFileSync } from 'node:fs';
      const { ArenaCache } = await import(url);
      writeFileSync(cacheDir, 'no folder');
      const disk = { dir: cacheDir, maxBytes: 1 << 20 };
      const cache = storage.run('mine', () => new ArenaCache({ maxBytes: 1 << 20, disk }));
      const keepAlive = setInterval(() => {}, 1000);
      const [{ kind, store }] = await new Promise((resolve) => {
        cache.on('disk', ({ kind }) => resolve([{ kind, store: storage.getStore() }]));
      });
      clearInterval(keepAlive);
      assert.deepEqual([kind, store], ['trouble', undefined]);
      cache.close();`;
    expect(await run(script)).toEqual(silentSuccess);
  });

  it('is released once the call is over', async () => {
    const script = `
      // The import runs outside the context: Node's loader holds the context of an import for ever.
      const { EnhancedMetadataCache } = await import(url);
      // The timers of the monitor and of the counters, and the callbacks by which the addon is notified by other
      // threads, are created by the first call that needs them, and are retained.
      async function first() {
        const cache = new EnhancedMetadataCache({ cacheDir, validate: 'none' });
        cache.put('put', {});
        await cache.fetch('fetched', async () => ({}));
        await cache.fetch('failed', () => Promise.reject(new Error())).catch(() => {});
        await cache.flush();
        return cache;
      }
      let store = {};
      const ref = new WeakRef(store);
      const cache = await storage.run(store, () => first());
      store = undefined;
      for (let i = 0; i < 1000 && ref.deref() !== undefined; i++) {
        await new Promise(setImmediate);
        gc();
      }
      assert.equal(ref.deref(), undefined);
      assert.deepEqual(cache.get('put'), {});
      cache.shutdown();`;
    expect(await run(script)).toEqual(silentSuccess);
  });
});
