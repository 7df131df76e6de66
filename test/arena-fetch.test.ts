// Tests ArenaCache.fetch: the loader is called once for all who wait for a value.

import { Worker } from 'node:worker_threads';
import { describe, expect, it, vi } from 'vitest';
import { type ArenaCache, ClosedError } from '../lib/index.js';
import { deferred } from './helpers/deferred.js';
import { DiskArenas } from './helpers/disk-arenas.js';
import { packageUrl } from './helpers/run-script.js';

const arenas = new DiskArenas();
const kinds: [string, () => ArenaCache<unknown>][] = [
  ['memory alone', () => arenas.open({ disk: undefined })],
  ['memory of a name', () => arenas.open({ disk: undefined, name: 'fetched' })],
  ['memory and disk', () => arenas.open()],
];

/** A fetch is in flight once its loader was called. */
function loaderOf<T>() {
  const { promise, resolve } = deferred<T>();
  const load = vi.fn((_key: string, _signal: AbortSignal) => promise);
  const isCalled = () => vi.waitFor(() => expect(load).toHaveBeenCalled(), 20_000);
  return { load, isCalled, resolve };
}

describe.each(kinds)('fetch with %s', (_, open) => {
  it('calls the loader once for all concurrent callers, and stores its result', async () => {
    const cache = open();
    const { load, isCalled, resolve } = loaderOf<object>();
    const all = Array.from({ length: 50 }, () => cache.fetch('key', load));
    await isCalled();
    all.push(cache.fetch('key', load));
    resolve({ n: 1 });
    for (const value of await Promise.all(all)) expect(value).toEqual({ n: 1 });
    expect(load).toHaveBeenCalledExactlyOnceWith('key', expect.any(AbortSignal));
    expect(cache.get('key')).toEqual({ n: 1 });
    expect(await cache.fetch('key', load)).toEqual({ n: 1 });
    expect(load).toHaveBeenCalledTimes(1);
  });

  it('gives all callers what later ones get, each a copy of its own', async () => {
    const cache = open();
    class Point {
      x = 1;
      y = undefined;
      toString() {
        return 'of the class';
      }
    }
    const made = { point: new Point(), tags: ['a'], at: new Date(5), zero: -0 };
    const { load, isCalled, resolve } = loaderOf<object>();
    const waiting = [1, 2, 3].map(() => cache.fetch('key', load));
    await isCalled();
    resolve(made);
    const first = (await Promise.all(waiting)) as (typeof made)[];
    const later = (await cache.fetch('key', load)) as typeof made;
    for (const each of first) expect(each).toStrictEqual(later);
    expect(later).toStrictEqual({ ...made, point: { x: 1, y: undefined } });
    first[0]!.tags.push('mine');
    made.tags.push('of the loader');
    for (const each of [first[1]!, first[2]!, later, cache.get('key') as typeof made]) {
      expect(each.tags).toEqual(['a']);
    }
  });

  it('gives each caller a copy of a value that is not stored', async () => {
    const cache = open();
    const large = { text: 'x'.repeat(3 * 1024 * 1024) };
    const refused = [1, 2].map(() => cache.fetch('large', () => large));
    const { load, isCalled, resolve } = loaderOf<object>();
    const deleted = [1, 2].map(() => cache.fetch('key', load));
    await isCalled();
    cache.delete('key');
    resolve(large);
    const all = await Promise.all([...refused, ...deleted]);
    for (const each of all) expect(each).toEqual(large);
    expect(new Set([large, ...all]).size).toBe(5);
    expect([cache.get('large'), cache.get('key')]).toEqual([undefined, undefined]);
    const unstorable = cache.fetch('url', () => ({ at: new URL('http://a/') }));
    await expect(unstorable).rejects.toMatchObject({ name: 'EncodeError', path: 'at' });
  });

  it('finds falsy values', async () => {
    const cache = open();
    const load = vi.fn();
    for (const value of [null, false, 0, '', Number.NaN]) {
      cache.set('key', value);
      expect(await cache.fetch('key', load)).toBe(value);
    }
    expect(await cache.fetch('null', () => null)).toBeNull();
    expect(await cache.fetch('null', load)).toBeNull();
    expect(load).not.toHaveBeenCalled();
  });

  it('rejects with the error of the loader, and stores nothing', async () => {
    const cache = open();
    const problem = new Error('out of ideas');
    const load = vi.fn(() => Promise.reject(problem));
    const all = await Promise.allSettled([1, 2, 3].map(() => cache.fetch('key', load)));
    for (const each of all) expect(each).toEqual({ status: 'rejected', reason: problem });
    expect(load).toHaveBeenCalledTimes(1);
    const thrower = () => {
      throw problem;
    };
    await expect(cache.fetch('key', thrower)).rejects.toBe(problem);
    expect(cache.has('key')).toBe(false);
    expect(await cache.fetch('key', () => 'now')).toBe('now');
  });

  it('refuses undefined, and values that cannot be stored', async () => {
    const cache = open();
    const code = { code: 'ERR_EBBCACHE_ARGUMENT' };
    await expect(cache.fetch('key', () => undefined)).rejects.toMatchObject(code);
    await expect(cache.fetch('key', async () => () => 1)).rejects.toThrow(/cannot be stored/);
    expect(cache.has('key')).toBe(false);
  });

  it('returns a value that no tier has room for, and does not store it', async () => {
    const cache = open();
    const large = 'x'.repeat(3 * 1024 * 1024);
    expect(await cache.fetch('key', () => large)).toBe(large);
    expect(cache.get('key')).toBeUndefined();
  });

  it('does not store a value for a key that was set, deleted or cleared meanwhile', async () => {
    const cache = open();
    const changes: [() => void, unknown][] = [
      [() => cache.set('key', 'set'), 'set'],
      [() => cache.setBytes('key', Buffer.of(7)), 7],
      [() => cache.setMany([['key', 'many']]), 'many'],
      [() => cache.delete('key'), undefined],
      [() => cache.clear(), undefined],
    ];
    for (const [change, expected] of changes) {
      cache.delete('key');
      const { load, isCalled, resolve } = loaderOf();
      const fetched = cache.fetch('key', load);
      await isCalled();
      change();
      resolve('fetched');
      expect(await fetched).toBe('fetched');
      expect(cache.get('key')).toBe(expected);
    }
  });

  it('calls the loader again for callers that come after a change', async () => {
    const cache = open();
    const { load, isCalled, resolve } = loaderOf();
    const before = cache.fetch('key', load);
    await isCalled();
    cache.delete('key');
    // It does not wait for the end of the other.
    expect(await cache.fetch('key', () => 'new')).toBe('new');
    resolve('old');
    expect(await before).toBe('old');
    expect(cache.get('key')).toBe('new');
  });

  it('rejects a caller whose signal aborts, and aborts the loader when no caller is left', async () => {
    const cache = open();
    const { load, isCalled, resolve } = loaderOf();
    const controllers = [new AbortController(), new AbortController()];
    const [first, second] = controllers.map(({ signal }) =>
      cache.fetch('key', load, { signal }).catch((error) => error),
    );
    await isCalled();
    const signal = load.mock.calls[0]![1];
    controllers[0]!.abort('enough');
    expect(await first).toBe('enough');
    expect(signal.aborted).toBe(false);
    controllers[1]!.abort('enough too');
    expect(await second).toBe('enough too');
    await vi.waitFor(() => expect(signal.aborted).toBe(true));
    resolve('late');
    const reason = new Error('from the start');
    const never = vi.fn();
    const aborted = AbortSignal.abort(reason);
    await expect(cache.fetch('other', never, { signal: aborted })).rejects.toBe(reason);
    expect(never).not.toHaveBeenCalled();
  });

  it('rejects, and aborts its loader, when the cache is closed', async () => {
    const cache = open();
    const { load, isCalled, resolve } = loaderOf();
    const fetched = cache.fetch('key', load).catch((error) => error);
    await isCalled();
    cache.close();
    expect(await fetched).toBeInstanceOf(ClosedError);
    expect(load.mock.calls[0]![1].reason).toBeInstanceOf(ClosedError);
    resolve('late');
    await expect(cache.fetch('key', load)).rejects.toThrow(ClosedError);
  });

  it('accepts a time to live, and refuses bad arguments before it calls the loader', async () => {
    const cache = open();
    expect(await cache.fetch('short', () => 1, { ttl: 1 })).toBe(1);
    await expect.poll(() => cache.get('short'), { interval: 2 }).toBeUndefined();
    const load = vi.fn(() => 1);
    const bad: [string, unknown, unknown, RegExp][] = [
      ['', load, undefined, /key/],
      ['key', undefined, undefined, /load must be a function/],
      ['key', load, { ttl: 0 }, /ttl must be/],
      ['key', load, { ttl: '5' }, /ttl must be/],
      ['key', load, { signal: {} }, /signal/],
      ['key', load, 5, /options/],
    ];
    for (const [key, loader, options, message] of bad) {
      await expect(cache.fetch(key, loader as never, options as never)).rejects.toThrow(message);
    }
    expect(load).not.toHaveBeenCalled();
  });
});

describe('threads of a process', () => {
  const script = `
    import { parentPort, workerData } from 'node:worker_threads';
    const { ArenaCache } = await import(workerData.packageUrl);
    const cache = new ArenaCache(workerData.options);
    let loads = 0;
    parentPort.on('message', async (keys) => {
      if (keys === undefined) return parentPort.close();
      const values = await Promise.all(keys.map((key) => cache.fetch(key, async () => {
        loads++;
        await new Promise((resolve) => setTimeout(resolve, 1));
        return { key };
      })));
      parentPort.postMessage({ loads, wrong: values.filter(({ key }, i) => key !== keys[i]) });
    });
    parentPort.postMessage('ready');`;

  it.each([
    ['a name', () => ({ name: 'threads' })],
    ['a folder on disk', () => ({ disk: arenas.disk() })],
  ])('that share %s call the loader once for each key', async (_, options) => {
    const workerData = { packageUrl, options: { maxBytes: 1024 * 1024, ...options() } };
    const url = new URL(`data:text/javascript,${encodeURIComponent(script)}`);
    const workers = [1, 2, 3].map(() => new Worker(url, { workerData }));
    const heard = (worker: Worker) =>
      new Promise<{ loads: number; wrong: unknown[] }>((resolve, reject) => {
        worker.once('message', resolve).once('error', reject);
      });
    await Promise.all(workers.map(heard));
    const keys = Array.from({ length: 300 }, (_, i) => `key ${i}`);
    const all = workers.map(heard);
    for (const worker of workers) worker.postMessage(keys);
    const outcomes = await Promise.all(all);
    expect(outcomes.flatMap(({ wrong }) => wrong)).toEqual([]);
    // A thread that asks just when another has finished may find its value, or else load it too.
    const loads = outcomes.reduce((sum, each) => sum + each.loads, 0);
    expect(loads).toBeGreaterThanOrEqual(300);
    expect(loads).toBeLessThanOrEqual(303);
    await Promise.all(workers.map((worker) => worker.terminate()));
  });
});
