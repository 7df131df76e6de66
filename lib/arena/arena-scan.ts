import type { NativeStore } from '../native/store.js';

/**
 * Iterates over the keys of a store, in no particular order. `open` returns the store, or throws where it was
 * closed meanwhile. With a disk tier a key may be in both tiers, but is visited once: all visited keys are
 * therefore kept until the end.
 */
export function* scanKeys(open: () => NativeStore, hasDisk: boolean): IterableIterator<string> {
  const seen = hasDisk ? new Set<string>() : undefined;
  let cursor = 0;
  do {
    const [next, ...keys] = open().scan(cursor);
    for (const key of keys) {
      if (seen?.has(key)) continue;
      seen?.add(key);
      yield key;
    }
    cursor = next;
  } while (cursor !== 0);
}
