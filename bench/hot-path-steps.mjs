// The steps of one version of this package that bench/hot-path.mjs times. A version that is measured beside
// another imports this module under a URL of its own: functions that two versions share would be optimized
// for neither.

import { join } from 'node:path';
import { packageIn } from './versions.mjs';

const BUDGET_MB = 1024;

/**
 * Returns the steps that are timed. Each takes the keys, pairs or paths of one turn, and those that read
 * return how many they found.
 * @param {string} root is the folder of the version
 * @param {string} folder is for files of the cache
 */
export async function stepsOf(root, folder) {
  const { AdvancedMetadataCache, ArenaCache } = await packageIn(root);
  const cache = new ArenaCache({ maxBytes: BUDGET_MB * 1024 * 1024 });
  const metadata = new AdvancedMetadataCache({
    cacheDir: join(folder, 'cache'),
    maxDiskSizeMb: 0,
    maxMemoryMb: BUDGET_MB,
    maxMemoryEntries: 1_000_000,
  });
  return {
    one: {
      set: (pairs) => {
        for (const [key, value] of pairs) cache.set(key, value);
      },
      get: (keys) => {
        let found = 0;
        for (const key of keys) if (cache.get(key) !== undefined) found++;
        return found;
      },
      peek: (keys) => {
        let found = 0;
        for (const key of keys) if (cache.peek(key) !== undefined) found++;
        return found;
      },
      'put by file': (pairs) => {
        let stored = 0;
        for (const [path, value] of pairs) if (metadata.put(path, value)) stored++;
        return stored;
      },
      'get by file': (paths) => {
        let found = 0;
        for (const path of paths) if (metadata.get(path) !== undefined) found++;
        return found;
      },
    },
    batch: {
      set: (pairs) => {
        cache.setMany(pairs);
      },
      get: (keys) => {
        let found = 0;
        for (const value of cache.getMany(keys)) if (value !== undefined) found++;
        return found;
      },
    },
    close: () => {
      cache.close();
      metadata.shutdown();
    },
  };
}
