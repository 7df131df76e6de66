// Tests one signal for any number of callers.

import { getEventListeners } from 'node:events';
import { afterEach, describe, expect, it } from 'vitest';
import { ArenaCache } from '../lib/index.js';
import { Caches } from './helpers/caches.js';
import { deferred } from './helpers/deferred.js';

const caches = new Caches();
const arena = new ArenaCache<object>({ maxBytes: 1024 * 1024 });
const listenersOf = (signal: AbortSignal) => getEventListeners(signal, 'abort').length;

afterEach(() => arena.clear());

const kinds: [
  string,
  () => (name: string, load: () => Promise<object>, signal: AbortSignal) => Promise<object>,
][] = [
  ['ArenaCache', () => (name, load, signal) => arena.fetch(name, load, { signal })],
  [
    'a cache of files',
    () => {
      const cache = caches.make({ validate: 'none' });
      return (name, load, signal) => cache.fetch(name, load, { signal });
    },
  ],
];

describe.each(kinds)('one signal for forty fetches of %s', (_, open) => {
  const all = Array.from({ length: 40 }, (_, i) => `/n/${i}`);

  it('has one listener while they wait, none afterwards, and causes no warning', async () => {
    const warnings: Error[] = [];
    const warned = (warning: Error) => warnings.push(warning);
    process.on('warning', warned);
    const fetch = open();
    const { signal } = new AbortController();
    const { promise, resolve } = deferred<object>();
    const fetches = all.map((name) => fetch(name, () => promise, signal));
    await Promise.resolve();
    expect(listenersOf(signal)).toBe(1);
    resolve({ n: 1 });
    expect(await Promise.all(fetches)).toEqual(all.map(() => ({ n: 1 })));
    expect(listenersOf(signal)).toBe(0);
    // Warnings are emitted in a later turn of the event loop.
    await new Promise(setImmediate);
    process.off('warning', warned);
    expect(warnings).toEqual([]);
  });

  it('rejects them all with its reason, and others continue', async () => {
    const fetch = open();
    const [controller, other] = [new AbortController(), new AbortController()];
    const { promise, resolve } = deferred<object>();
    const fetches = all.map((name) => fetch(name, () => promise, controller.signal));
    const staying = fetch(all[0]!, () => promise, other.signal);
    const ended = Promise.allSettled(fetches);
    const reason = new Error('enough');
    controller.abort(reason);
    expect(await ended).toEqual(all.map(() => ({ status: 'rejected', reason })));
    expect(listenersOf(controller.signal)).toBe(0);
    resolve({ n: 2 });
    expect(await staying).toEqual({ n: 2 });
    expect(listenersOf(other.signal)).toBe(0);
  });

  it('has no listener for fetches that failed while the last one waits', async () => {
    const fetch = open();
    const { signal } = new AbortController();
    const last = deferred<object>();
    const staying = fetch('/n/last', () => last.promise, signal);
    const failing = all.map((name) => fetch(name, () => Promise.reject(new Error('no')), signal));
    await Promise.allSettled(failing);
    expect(listenersOf(signal)).toBe(1);
    last.reject(new Error('no'));
    await expect(staying).rejects.toThrow('no');
    expect(listenersOf(signal)).toBe(0);
  });
});
