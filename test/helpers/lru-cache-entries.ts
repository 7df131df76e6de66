// These are the rows of docs/lru-cache.md about bounds, keys, values, reading, writing and iteration.

import { LRUCache } from 'lru-cache';
import { ArenaCache } from '../../lib/arena/arena-cache.js';
import { openArena, openLru, outcomeOf, type Subject } from './beside-lru-cache.js';
import type { Behaviours } from './lru-cache-row.js';

const MIB = 1024 * 1024;

function fill(cache: Subject, keys: string): Subject {
  for (const key of keys) cache.set(key, `value of ${key}`);
  return cache;
}

const sorted = (keys: Iterable<string>) => [...keys].sort().join('');

/** Opens an lru-cache that adds up the lengths of its values. */
function openSized(maxSize: number) {
  const sizeCalculation = (value: unknown) => (value as string).length;
  return openLru({ lru: { maxSize, sizeCalculation } });
}

export const entries: Behaviours = {
  same: {
    '`max`': {
      scenario: (open) => {
        const cache = fill(open({ max: 3 }), 'abcd');
        return [sorted(cache.keys()), cache.size, cache.get('a')];
      },
      gives: ['bcd', 3, undefined],
    },
    '`get` and `set` make an entry the most recent one': {
      scenario: (open) => {
        const read = fill(open({ max: 3 }), 'abc');
        read.get('a');
        const written = fill(open({ max: 3 }), 'abc');
        written.set('a', 'new');
        return [read, written].map((cache) => sorted(fill(cache, 'd').keys()));
      },
      gives: ['acd', 'acd'],
    },
    '`peek`, `has` and iteration are no use': {
      scenario: (open) => {
        const cache = fill(open({ max: 3 }), 'abc');
        const found = [cache.peek('a'), cache.has('a'), [...cache.entries()].length];
        return [found, sorted(fill(cache, 'd').keys())];
      },
      gives: [['value of a', true, 3], 'bcd'],
    },
    'a constructor without any bound': {
      scenario: (_open, { name }) =>
        outcomeOf(() =>
          name === 'ebbcache' ? new ArenaCache({} as never) : new LRUCache({} as never),
        ),
      gives: 'TypeError',
    },
    '`get`': {
      scenario: (open) => {
        const cache = open();
        cache.set('a', 1);
        cache.set('a', { n: [2, 'two', true] });
        return [cache.get('a'), cache.get('b')];
      },
      gives: [{ n: [2, 'two', true] }, undefined],
    },
    '`has`': {
      scenario: (open) => {
        const cache = fill(open(), 'a');
        return [cache.has('a'), cache.has('b')];
      },
      gives: [true, false],
    },
    '`peek`': {
      scenario: (open) => {
        const cache = fill(open(), 'a');
        return [cache.peek('a'), cache.peek('b')];
      },
      gives: ['value of a', undefined],
    },
    '`delete`': {
      scenario: (open) => {
        const cache = fill(open(), 'a');
        return [cache.delete('a'), cache.has('a'), cache.delete('a'), cache.delete('b')];
      },
      gives: [true, false, false, false],
    },
    '`clear`': {
      scenario: (open) => {
        const cache = fill(open(), 'abc');
        return [cache.clear(), cache.size, cache.get('a'), sorted(cache.keys())];
      },
      gives: [undefined, 0, undefined, ''],
    },
    '`null` as a value': {
      scenario: (open) => {
        const cache = open();
        cache.set('a', null);
        return [cache.get('a'), cache.has('a'), cache.size];
      },
      gives: [null, true, 1],
    },
    'deleting while one iterates': {
      scenario: (open) => {
        const cache = fill(open(), 'abc');
        let visited = 0;
        for (const key of cache.keys()) {
          visited++;
          cache.delete(key);
        }
        return [visited, cache.size];
      },
      gives: [3, 0],
    },
  },
  differs: {
    '`maxSize`': {
      // The values have 2 MiB together; lru-cache gets 100 as their size.
      scenario: (_open, { name }) => {
        const value = 'v'.repeat(20 * 1024);
        const cache =
          name === 'ebbcache'
            ? openArena({ ours: { maxBytes: MIB } })
            : openLru({ lru: { maxSize: 100, sizeCalculation: () => 1 } });
        for (let i = 0; i < 100; i++) cache.set(`key${i}`, value);
        const held = cache instanceof ArenaCache ? cache.stats().heldBytes : 100 * value.length;
        return { keptAll: cache.size === 100, isWithinAMebibyte: held <= MIB };
      },
      lruGives: { keptAll: true, isWithinAMebibyte: false },
      oursGives: { keptAll: false, isWithinAMebibyte: true },
    },
    'options that do not exist': {
      scenario: (open) =>
        outcomeOf(() => typeof open({ lru: { size: 3 } as never, ours: { max: 3 } as never })),
      lruGives: 'object',
      oursGives: 'TypeError',
    },
    '`maxEntrySize`': {
      scenario: (_open, { name }) => {
        const cache = name === 'ebbcache' ? openArena() : openSized(MIB);
        cache.set('a', 'old');
        cache.set('b', 'other');
        cache.set('a', 'v'.repeat(2 * MIB));
        return [cache.get('a'), cache.get('b')];
      },
      lruGives: [undefined, 'other'],
      oursGives: ['old', 'other'],
    },
    '`set`': {
      scenario: (open) => {
        const cache = open();
        return [cache.set('a', 1), outcomeOf(() => cache.set('a', 'v'.repeat(2 * MIB)))];
      },
      lruGives: ['the cache', 'the cache'],
      oursGives: [true, false],
    },
    '`set(key, undefined)`': {
      scenario: (open) => {
        const cache = fill(open(), 'a');
        return [outcomeOf(() => cache.set('a', undefined)), cache.get('a')];
      },
      lruGives: ['the cache', undefined],
      oursGives: ['TypeError', 'value of a'],
    },
    'identity of values': {
      scenario: (open) => {
        const cache = open();
        const value = { n: 1 };
        cache.set('a', value);
        value.n = 2;
        const [one, two] = [cache.get('a'), cache.get('a')];
        return [one === value, one === two, one];
      },
      lruGives: [true, true, { n: 2 }],
      oursGives: [false, false, { n: 1 }],
    },
    'values that are more than data': {
      scenario: (open) => {
        class Photo {
          n = 1;
          double() {
            return 2 * this.n;
          }
        }
        const cache = open();
        cache.set('photo', new Photo());
        return [
          outcomeOf(() => cache.set('function', () => {})),
          cache.get('photo') instanceof Photo,
        ];
      },
      lruGives: ['the cache', true],
      oursGives: ['EncodeError', false],
    },
    keys: {
      scenario: (open) => {
        const cache = open();
        const keys = [1, {}, '', '\ud800', 'k'.repeat(65_536)] as string[];
        return keys.map((key) => outcomeOf(() => cache.set(key, 1)));
      },
      lruGives: ['the cache', 'the cache', 'the cache', 'the cache', 'the cache'],
      oursGives: ['TypeError', 'TypeError', 'RangeError', 'RangeError', 'RangeError'],
    },
    '`keys`, `entries`': {
      scenario: (open) => {
        const names = Array.from({ length: 100 }, (_, i) => `key${i}`);
        const cache = open();
        for (const name of names) cache.set(name, 1);
        const visited = [...cache.keys()];
        const isEach = (keys: string[]) => [...keys].sort().join() === [...names].sort().join();
        return {
          eachOnce: isEach(visited) && isEach([...cache.entries()].map(([key]) => key)),
          mostRecentFirst: visited.join() === names.reverse().join(),
        };
      },
      lruGives: { eachOnce: true, mostRecentFirst: true },
      oursGives: { eachOnce: true, mostRecentFirst: false },
    },
  },
};
