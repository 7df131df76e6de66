// These are the rows of docs/lru-cache.md about removal.

import { vi } from 'vitest';
import { openArena, openLru } from './beside-lru-cache.js';
import type { Behaviours } from './lru-cache-row.js';

type Told = [key: string, reason: string];
interface Steps {
  set(key: string, value: number): unknown;
  delete(key: string): unknown;
  clear(): unknown;
}

/** Removes entries in every way, in a cache that holds at most two. */
function removeAll(cache: Steps): void {
  cache.set('replaced', 1);
  cache.set('replaced', 2);
  cache.delete('replaced');
  for (const key of ['evicted', 'b', 'c']) cache.set(key, 1);
  cache.clear();
}
const REMOVALS = 5;

const sorted = (told: Told[]) => told.map((each) => each.join(' ')).sort();

export const removal: Behaviours = {
  same: {},
  differs: {
    '`dispose`, `disposeAfter`': {
      scenario: async (_open, { name }) => {
        const told: Told[] = [];
        if (name === 'lru-cache') {
          const dispose = (_value: unknown, key: string, reason: string) => {
            told.push([key, reason]);
          };
          removeAll(openLru({ max: 2, lru: { dispose } }));
        } else {
          const cache = openArena({ max: 2 });
          cache.on('remove', (removals) => {
            for (const { key, reason } of removals) told.push([key, reason]);
          });
          removeAll(cache);
        }
        const atOnce = told.length;
        await vi.waitFor(
          () => {
            if (told.length < REMOVALS) throw new Error(`It told only of ${told.join(', ')}.`);
          },
          { timeout: 20_000, interval: 2 },
        );
        return { atOnce, told: sorted(told) };
      },
      lruGives: {
        atOnce: REMOVALS,
        told: ['b delete', 'c delete', 'evicted evict', 'replaced delete', 'replaced set'],
      },
      oursGives: {
        atOnce: 0,
        told: ['b clear', 'c clear', 'evicted evict', 'replaced delete', 'replaced replace'],
      },
    },
  },
};
