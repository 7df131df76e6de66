// These are the rows of docs/lru-cache.md about the time to live.

import { vi } from 'vitest';
import { outcomeOf, type Subject } from './beside-lru-cache.js';
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
