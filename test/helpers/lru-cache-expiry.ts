// These are the rows of docs/lru-cache.md about the time to live.

import { vi } from 'vitest';
import {
  openArena,
  openLru,
  outcomeOf,
  type Subject,
  type SubjectOptions,
} from './beside-lru-cache.js';
import type { Behaviours } from './lru-cache-row.js';

/** The timeout only ends a test that hangs: nothing here takes seconds. */
const GUARD = { timeout: 20_000, interval: 2 };
const HOUR = 3_600_000;
const SHORT = 20;

/** Resolves when the entry has expired, without a `get` of it. */
function expired(cache: Subject, key: string): Promise<void> {
  return vi.waitFor(() => {
    if (cache.has(key)) throw new Error(`${key} does not expire.`);
  }, GUARD);
}

/** Returns a clock that only `pass` moves, as options of both libraries. */
function handClock() {
  // The time must not begin at 0, which lru-cache takes for a time that it has not read yet.
  let time = 1000;
  const options: SubjectOptions = {
    // With a resolution lru-cache would remember the time until a timer of Node's runs.
    lru: { perf: { now: () => time }, ttlResolution: 0 },
    ours: { clock: () => time },
  };
  const pass = (ms: number) => {
    time += ms;
  };
  return { options, pass };
}

export const expiry: Behaviours = {
  same: {
    '`ttl`': {
      scenario: async (open) => {
        const cache = open({ ttl: SHORT });
        cache.set('short', 1);
        cache.set('long', 1, { ttl: HOUR });
        await expired(cache, 'short');
        return [cache.get('short'), cache.get('long')];
      },
      gives: [undefined, 1],
    },
    'an entry that has expired': {
      scenario: async (open) => {
        const cache = open();
        cache.set('a', 1, { ttl: SHORT });
        cache.set('b', 2);
        await expired(cache, 'a');
        const found = [cache.has('a'), cache.peek('a'), cache.get('a')];
        return [...found, [...cache.keys()], [...cache.entries()]];
      },
      gives: [false, undefined, undefined, ['b'], [['b', 2]]],
    },
    '`set` begins the time anew': {
      scenario: async (open) => {
        const cache = open({ ttl: SHORT });
        cache.set('kept', 1);
        cache.set('kept', 2, { ttl: HOUR });
        cache.set('ended', 1, { ttl: HOUR });
        cache.set('ended', 2);
        await expired(cache, 'ended');
        return cache.get('kept');
      },
      gives: 2,
    },
    '`get` and `has` do not': {
      // If they renewed the time, the entry would never expire.
      scenario: async (open) => {
        const cache = open({ ttl: SHORT });
        cache.set('a', 1);
        await vi.waitFor(() => {
          if (cache.get('a') !== undefined || cache.has('a')) throw new Error('It is renewed.');
        }, GUARD);
        return cache.peek('a');
      },
      gives: undefined,
    },
    '`perf`': {
      scenario: (open) => {
        const { options, pass } = handClock();
        const cache = open({ ttl: 1000, ...options });
        cache.set('a', 1);
        cache.set('long', 2, { ttl: HOUR });
        pass(999);
        const before = [cache.has('a'), cache.get('a')];
        pass(2);
        return { before, after: [cache.has('a'), cache.get('a'), cache.get('long')] };
      },
      gives: { before: [true, 1], after: [false, undefined, 2] },
    },
    'no `ttl`': {
      scenario: async (open) => {
        const cache = open();
        cache.set('forever', 1);
        cache.set('also', 1, { ttl: undefined });
        cache.set('short', 1, { ttl: SHORT });
        await expired(cache, 'short');
        return [cache.get('forever'), cache.get('also')];
      },
      gives: [1, 1],
    },
  },
  differs: {
    '`ttl: 0`': {
      scenario: (open) => [
        outcomeOf(() => open({ ttl: 0 }).size),
        outcomeOf(() => open().set('a', 1, { ttl: 0 })),
      ],
      lruGives: [0, 'the cache'],
      oursGives: ['RangeError', 'RangeError'],
    },
    '`getRemainingTTL`': {
      scenario: (_open, { name }) => {
        const { options, pass } = handClock();
        const lru = openLru(options);
        const ours = openArena(options);
        const cache: { set: (key: string, value: number, options?: { ttl: number }) => unknown } =
          name === 'ebbcache' ? ours : lru;
        const remaining = (key: string) =>
          name === 'ebbcache' ? ours.getRemainingTtl(key) : lru.getRemainingTTL(key);
        cache.set('a', 1, { ttl: 1000 });
        cache.set('forever', 1);
        pass(400);
        const left = [remaining('a'), remaining('forever'), remaining('missing')];
        pass(700);
        return [...left, remaining('a')];
      },
      lruGives: [600, Number.POSITIVE_INFINITY, 0, -100],
      oursGives: [600, Number.POSITIVE_INFINITY, undefined, undefined],
    },
    '`ttlAutopurge`': {
      scenario: async (open, { name }) => {
        const cache = open({ max: 100 });
        for (let i = 0; i < 10; i++) cache.set(`key${i}`, 1, { ttl: SHORT });
        await Promise.all(Array.from({ length: 10 }, (_, i) => expired(cache, `key${i}`)));
        // An ArenaCache's `has` removes an expired entry; entries that nobody asks for must be removed too.
        for (let i = 0; i < 10; i++) cache.set(`other${i}`, 1, { ttl: SHORT });
        if (name === 'ebbcache') {
          await vi.waitFor(() => {
            if (cache.size > 0) throw new Error('Expired entries are not forgotten.');
          }, GUARD);
        }
        return cache.size;
      },
      lruGives: 20,
      oursGives: 0,
    },
    '`delete` of an expired entry': {
      scenario: async (open) => {
        const cache = open();
        cache.set('a', 1, { ttl: SHORT });
        await expired(cache, 'a');
        return cache.delete('a');
      },
      lruGives: true,
      oursGives: false,
    },
  },
};
