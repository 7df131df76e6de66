import type { NativeStore } from '../native/store.js';

/**
 * The keys of a store, in no particular order. `open` gives it, or throws where it was closed meanwhile.
 * With a disk tier a key may be in both, and is given once: so all of them are kept until the end.
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
