// These are the rows of docs/lru-cache.md about fetch.

import { openArena, openLru, type Subject, settled } from './beside-lru-cache.js';
import { deferred } from './deferred.js';
import type { Behaviours, Scenario } from './lru-cache-row.js';

/** Begins a fetch of 'a', whose loader waits until `finish` is called. */
function begin(cache: Subject, signal?: AbortSignal) {
  const loaded = deferred<unknown>();
  const called = deferred<AbortSignal>();
  const result = settled(
    cache.fetch(
      'a',
      (_key, loaderSignal) => {
        called.resolve(loaderSignal);
        return loaded.promise;
      },
      signal && { signal },
    ),
  );
  return { called: called.promise, finish: loaded.resolve, result };
}

/** The scenario gives what a fetch resolves to, and what `get` then finds, where something happens while it loads. */
function meanwhile(happens: (cache: Subject) => void): Scenario {
  return async (open) => {
    const cache = open({ max: 3 });
    const { called, finish, result } = begin(cache);
    await called;
    happens(cache);
    finish('loaded');
    return [await result, cache.get('a')];
  };
}

export const fetching: Behaviours = {
  same: {
    'one call for all who wait': {
      scenario: async (open) => {
        const cache = open();
        let calls = 0;
        const all = Array.from({ length: 5 }, () => cache.fetch('a', async () => ++calls));
        return [await Promise.all(all), calls, cache.get('a')];
      },
      gives: [[1, 1, 1, 1, 1], 1, 1],
    },
    'a value that is there': {
      scenario: async (open) => {
        const cache = open({ max: 2 });
        cache.set('a', 1);
        cache.set('b', 2);
        const found = await cache.fetch('a', () => 'loaded');
        cache.set('c', 3);
        // The fetch counted as a use of 'a'.
        return [found, cache.has('a'), cache.has('b')];
      },
      gives: [1, true, false],
    },
    'a loader that is not async': {
      scenario: async (open) => {
        const cache = open();
        const thrown = cache.fetch('b', () => {
          throw new Error('no b');
        });
        return [
          await cache.fetch('a', (key) => `of ${key}`),
          cache.get('a'),
          await settled(thrown),
        ];
      },
      gives: ['of a', 'of a', 'rejected: no b'],
    },
    'a loader that rejects': {
      scenario: async (open) => {
        const cache = open();
        const error = new Error('no upstream');
        const fail = async () => {
          throw error;
        };
        const failed = await Promise.allSettled([cache.fetch('a', fail), cache.fetch('a', fail)]);
        const isItself = failed.map((each) => each.status === 'rejected' && each.reason === error);
        return [isItself, cache.has('a'), cache.size, await cache.fetch('a', () => 'now')];
      },
      gives: [[true, true], false, 0, 'now'],
    },
    '`ttl` of `fetch`': {
      scenario: async (open) => {
        const cache = open({ ttl: 3_600_000 });
        let calls = 0;
        const load = async () => ++calls;
        // The loader is called again as soon as the first value has expired.
        for (let tries = 0; tries < 10_000 && calls < 2; tries++) {
          await cache.fetch('a', load, { ttl: 2 });
          await new Promise((resolve) => setImmediate(resolve));
        }
        return calls;
      },
      gives: 2,
    },
    '`signal`, of the only one who waits': {
      scenario: async (open) => {
        const cache = open();
        const controller = new AbortController();
        const { called, finish, result } = begin(cache, controller.signal);
        const loaderSignal = await called;
        controller.abort(new Error('mine'));
        const outcome = await result;
        const isAborted = loaderSignal.aborted;
        finish('late');
        await new Promise((resolve) => setImmediate(resolve));
        return [outcome, isAborted, cache.get('a')];
      },
      gives: ['rejected: mine', true, undefined],
    },
    'what `get`, `peek`, `has` and `keys` find while it loads': {
      scenario: async (open) => {
        const cache = open();
        const { called, finish, result } = begin(cache);
        await called;
        const found = [cache.get('a'), cache.peek('a'), cache.has('a'), [...cache.keys()]];
        finish('loaded');
        return [...found, await result];
      },
      gives: [undefined, undefined, false, [], 'loaded'],
    },
  },
  differs: {
    '`fetchMethod`': {
      scenario: async (_open, { name }) => {
        const seen: unknown[] = [];
        if (name === 'lru-cache') {
          const cache = openLru({
            lru: { fetchMethod: (...args) => seen.push(...args.map((arg) => typeof arg)) as never },
          });
          await cache.fetch('a', { context: () => 1 });
        } else {
          await openArena().fetch('a', (...args) => seen.push(...args.map((arg) => typeof arg)));
        }
        return seen;
      },
      // lru-cache passes the key, the stale value, and an object with signal, options and context.
      lruGives: ['string', 'undefined', 'object'],
      oursGives: ['string', 'object'],
    },
    '`size`': {
      scenario: async (open) => {
        const cache = open();
        cache.set('b', 1);
        const { called, finish, result } = begin(cache);
        await called;
        const whileItLoads = cache.size;
        finish('loaded');
        await result;
        return { whileItLoads, after: cache.size };
      },
      lruGives: { whileItLoads: 2, after: 2 },
      oursGives: { whileItLoads: 1, after: 2 },
    },
    'a loader that gives `undefined`': {
      scenario: async (open) => {
        const cache = open();
        const outcome = await cache.fetch('a', async () => undefined).catch((e) => e.constructor);
        return [outcome === TypeError ? 'TypeError' : outcome, cache.size];
      },
      lruGives: [undefined, 0],
      oursGives: ['TypeError', 0],
    },
    '`signal`, of one of several who wait': {
      scenario: async (open) => {
        const cache = open();
        const controller = new AbortController();
        const { called, finish, result } = begin(cache, controller.signal);
        const other = settled(cache.fetch('a', () => 'a second call'));
        await called;
        controller.abort(new Error('mine'));
        const mine = await result;
        finish('loaded');
        return [mine, await other, cache.get('a')];
      },
      lruGives: ['rejected: mine', 'rejected: mine', undefined],
      oursGives: ['rejected: mine', 'loaded', 'loaded'],
    },
    '`signal` of one who came later': {
      scenario: async (open) => {
        const cache = open();
        const controller = new AbortController();
        const { called, finish, result } = begin(cache);
        await called;
        const { signal } = controller;
        const later = settled(cache.fetch('a', () => 'a second call', { signal }));
        controller.abort(new Error('mine'));
        finish('loaded');
        return [await result, await later];
      },
      lruGives: ['loaded', 'loaded'],
      oursGives: ['loaded', 'rejected: mine'],
    },
    '`signal` that has aborted before': {
      scenario: async (open) => {
        const cache = open();
        const signal = AbortSignal.abort(new Error('mine'));
        const missing = await settled(cache.fetch('a', () => 'loaded', { signal }));
        cache.set('b', 'there');
        return [missing, await settled(cache.fetch('b', () => 'loaded', { signal }))];
      },
      lruGives: ['loaded', 'there'],
      oursGives: ['rejected: mine', 'rejected: mine'],
    },
    '`set` while it loads': {
      scenario: meanwhile((cache) => cache.set('a', 'set')),
      lruGives: ['rejected: replaced', 'set'],
      oursGives: ['loaded', 'set'],
    },
    '`delete` or `clear` while it loads': {
      scenario: async (...args) => [
        await meanwhile((cache) => cache.delete('a'))(...args),
        await meanwhile((cache) => cache.clear())(...args),
      ],
      lruGives: [
        ['rejected: deleted', undefined],
        ['rejected: deleted', undefined],
      ],
      oursGives: [
        ['loaded', undefined],
        ['loaded', undefined],
      ],
    },
    'others are evicted while it loads': {
      scenario: meanwhile((cache) => {
        for (const key of 'bcde') cache.set(key, key);
      }),
      lruGives: ['rejected: evicted', undefined],
      oursGives: ['loaded', 'loaded'],
    },
    'a loader that fetches its own key': {
      scenario: async (open) => {
        const cache = open();
        const inner = deferred<unknown>();
        const outer = settled(
          cache.fetch('a', async () => {
            await soon(undefined);
            const own = settled(cache.fetch('a', () => 'never called'));
            inner.resolve(await Promise.race([own, soon('waits for itself')]));
            return 'loaded';
          }),
        );
        const found = await inner.promise;
        await outer;
        return typeof found === 'string' && found.startsWith('rejected') ? 'rejected' : found;
      },
      lruGives: 'waits for itself',
      oursGives: 'rejected',
    },
  },
};

/** Resolves to the value after some turns of the event loop. */
async function soon<T>(value: T): Promise<T> {
  for (let turn = 0; turn < 10; turn++) await new Promise((resolve) => setImmediate(resolve));
  return value;
}
