// Tests loaders that ask for the value that they are to load.

import { afterEach, describe, expect, it } from 'vitest';
import { AdvancedMetadataCache, ArenaCache, CircularFetchError } from '../lib/index.js';
import { Caches } from './helpers/caches.js';
import { deferred } from './helpers/deferred.js';

type Fetch = (name: string, load: () => Promise<object> | object) => Promise<object>;

const caches = new Caches();
const arenas: ArenaCache<object>[] = [];
function openArena(options = {}): Fetch {
  const arena = new ArenaCache<object>({ maxBytes: 1024 * 1024, ...options });
  arenas.push(arena);
  return (name, load) => arena.fetch(name, load);
}
function openFiles(options = {}): Fetch {
  const cache = caches.make({ validate: 'none', ...options });
  return (name, load) => cache.fetch(name, load);
}

afterEach(() => {
  for (const arena of arenas.splice(0)) arena.close();
});

const circular = { name: 'CircularFetchError', code: 'ERR_EBBCACHE_CIRCULAR' };

describe.each<[string, () => Fetch]>([
  ['ArenaCache', () => openArena()],
  ['ArenaCache with a name', () => openArena({ name: 'circular' })],
  [
    'ArenaCache with a disk tier',
    () => openArena({ disk: { dir: caches.cacheDir, maxBytes: 2 ** 20 } }),
  ],
  ['a cache of files in memory', () => openFiles({ maxDiskSizeMb: 0 })],
  ['a cache of files on disk', () => openFiles()],
])('a loader of %s', (_, open) => {
  it('is rejected where it asks for its own key', async () => {
    const fetch = open();
    const asked = fetch('/n/a', () => fetch('/n/a', () => ({})));
    await expect(asked).rejects.toThrow(CircularFetchError);
    await expect(asked).rejects.toMatchObject(circular);
    await expect(asked).rejects.toThrow(/'\/n\/a'.* -> '\/n\/a'/);
    // The rejection is not stored.
    expect(await fetch('/n/a', () => ({ n: 1 }))).toEqual({ n: 1 });
  });

  it('is rejected where it asks later in its asynchronous context', async () => {
    const fetch = open();
    const asked = fetch('/n/a', async () => {
      await new Promise(setImmediate);
      return fetch('/n/a', () => ({}));
    });
    await expect(asked).rejects.toMatchObject(circular);
  });

  it('is rejected with the chain of keys where it asks by way of others', async () => {
    const fetch = open();
    const ask = (name: string, ...rest: string[]): Promise<object> =>
      fetch(name, () => (rest.length > 0 ? ask(rest[0]!, ...rest.slice(1)) : {}));
    const asked = ask('/n/a', '/n/b', '/n/c', '/n/a');
    await expect(asked).rejects.toMatchObject(circular);
    await expect(asked).rejects.toThrow(/'\/n\/a'.*-> '\/n\/b'.*-> '\/n\/c'.*-> '\/n\/a'/);
  });

  it('is rejected where it asks for a value whose loader waits for it', async () => {
    const fetch = open();
    const [startedA, startedB] = [deferred<void>(), deferred<void>()];
    const a = fetch('/n/a', async () => {
      startedA.resolve();
      await startedB.promise;
      return fetch('/n/b', () => ({}));
    });
    const b = fetch('/n/b', async () => {
      startedB.resolve();
      await startedA.promise;
      return fetch('/n/a', () => ({}));
    });
    for (const each of await Promise.allSettled([a, b])) {
      expect(each).toMatchObject({ status: 'rejected', reason: circular });
    }
  });

  it('may catch the error and continue', async () => {
    const fetch = open();
    const made = await fetch('/n/a', () => fetch('/n/a', () => ({})).catch(() => ({ n: 'else' })));
    expect(made).toEqual({ n: 'else' });
  });

  it('may ask for other keys, also twice, and also for one that is in flight', async () => {
    const fetch = open();
    const { promise, resolve } = deferred<object>();
    const under = fetch('/n/shared', () => promise);
    const shared = () => fetch('/n/shared', () => ({}));
    const all = ['/n/a', '/n/b'].map((name) =>
      fetch(name, async () => {
        const found = Promise.all([shared(), shared()]);
        resolve({ n: 1 });
        return { found: await found };
      }),
    );
    expect(await Promise.all(all)).toEqual(Array(2).fill({ found: [{ n: 1 }, { n: 1 }] }));
    expect(await under).toEqual({ n: 1 });
  });

  it('may leave behind a task that asks for its key once it is done', async () => {
    const fetch = open();
    const left = deferred<void>();
    let later: Promise<object> | undefined;
    await fetch('/n/a', () => {
      later = left.promise.then(() => fetch('/n/b', () => fetch('/n/a', () => ({ n: 2 }))));
      return { n: 1 };
    });
    left.resolve();
    expect(await later).toEqual({ n: 1 });
  });
});

describe('loaders of several caches', () => {
  it('are rejected where they wait for each other', async () => {
    const [values, files] = [openArena(), openFiles({ maxDiskSizeMb: 0 })];
    const asked = values('key', () => files('/n/a', () => values('key', () => ({}))));
    await expect(asked).rejects.toMatchObject(circular);
    await expect(asked).rejects.toThrow(/'key' -> '\/n\/a'.*-> 'key'/);
  });

  it('are rejected where two caches share a flight of the process', async () => {
    const [one, other] = [openArena({ name: 'two' }), openArena({ name: 'two' })];
    const asked = one('key', () => one('by way', () => other('key', () => ({}))));
    await expect(asked).rejects.toMatchObject(circular);
    const [mine, theirs] = [openFiles(), openFiles()];
    await expect(mine('/n/a', () => theirs('/n/a', () => ({})))).rejects.toMatchObject(circular);
  });

  it('may load the same key of separate stores', async () => {
    const [one, other] = [openArena(), openArena()];
    expect(await one('key', () => other('key', () => ({ n: 1 })))).toEqual({ n: 1 });
  });
});

it('an extraction behind a stale record may ask for the record that caused it', async () => {
  using cache = new AdvancedMetadataCache({
    maxDiskSizeMb: 0,
    validate: 'none',
    cacheTtlHours: 1e-5,
    staleWhileRevalidateSeconds: 3600,
  });
  cache.put('/n/old', { n: 1 });
  await expect.poll(() => cache.get('/n/old'), { timeout: 20_000 }).toBeUndefined();
  const behind = deferred<object>();
  const made = await cache.fetch('/n/new', () =>
    cache.fetch('/n/old', () => {
      const asked = cache.fetch('/n/new', () => ({}));
      asked.then(behind.resolve, behind.reject);
      return asked;
    }),
  );
  expect(made).toEqual({ n: 1 });
  expect(await behind.promise).toEqual({ n: 1 });
});
