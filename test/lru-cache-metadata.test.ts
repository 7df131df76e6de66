// Runs the scenarios of docs/lru-cache.md with a cache of metadata, for paths of files that do not exist.

import { basename, join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { EnhancedMetadataCache } from '../lib/metadata/enhanced-metadata-cache.js';
import type { Library, Subject, SubjectOptions } from './helpers/beside-lru-cache.js';
import { entries } from './helpers/lru-cache-entries.js';
import { expiry } from './helpers/lru-cache-expiry.js';
import { fetching } from './helpers/lru-cache-fetching.js';
import type { Behaviours } from './helpers/lru-cache-row.js';

/** In these scenarios a cache of metadata gives what lru-cache gives. */
const SAME = [
  '`max`',
  '`get` and `set` make an entry the most recent one',
  '`peek`, `has` and iteration are no use',
  '`get`',
  '`has`',
  '`peek`',
  '`clear`',
  'deleting while one iterates',
  '`ttl`',
  'an entry that has expired',
  '`set` begins the time anew',
  '`get` and `has` do not',
  'one call for all who wait',
  'a value that is there',
  'a loader that is not async',
  'a loader that rejects',
  '`ttl` of `fetch`',
  '`signal`, of the only one who waits',
  'what `get`, `peek`, `has` and `keys` find while it loads',
];

/** In these scenarios a cache of metadata gives what an ArenaCache gives, and lru-cache something else. */
const DIFFERS = [
  '`signal`, of one of several who wait',
  '`signal` of one who came later',
  '`signal` that has aborted before',
  '`set` while it loads',
  'others are evicted while it loads',
  '`size`',
];

interface Held {
  value: unknown;
}

const opened: EnhancedMetadataCache[] = [];
afterEach(() => {
  for (const cache of opened.splice(0)) cache.shutdown();
});

function open({ max, ttl }: SubjectOptions = {}): Subject {
  const folder = join(import.meta.dirname, 'no-such-folder');
  const cache = new EnhancedMetadataCache({
    maxDiskSizeMb: 0,
    maxMemoryMb: 1,
    enableMemoryPressureMonitoring: false,
    ...(max === undefined ? {} : { maxMemoryEntries: max }),
    ...(ttl === undefined ? {} : { cacheTtlHours: ttl / 3_600_000 }),
  });
  opened.push(cache);
  const pathOf = (key: string) => join(folder, key);
  const keys = () => [...cache.keys()].map(({ filePath }) => basename(filePath));
  const inSeconds = (ms?: number) => (ms === undefined ? {} : { ttlSeconds: ms / 1000 });
  const peek = (key: string) => cache.peek<Held>(pathOf(key))?.value;
  return {
    get: (key) => cache.get<Held>(pathOf(key))?.value,
    peek,
    has: (key) => cache.has(pathOf(key)),
    set: (key, value, options) => cache.put(pathOf(key), { value }, inSeconds(options?.ttl)),
    delete: (key) => {
      const wasThere = cache.has(pathOf(key));
      cache.invalidateFile(pathOf(key));
      return wasThere;
    },
    clear: () => cache.clearAll(),
    get size() {
      return cache.getStats().memoryCacheSize;
    },
    keys,
    entries: () => keys().map((key) => [key, peek(key)] as [string, unknown]),
    fetch: async (key, load, options) => {
      const extract = async (path: string, signal: AbortSignal) => ({
        value: await load(basename(path), signal),
      });
      const { signal } = options ?? {};
      return (await cache.fetch(pathOf(key), extract, { signal, ...inSeconds(options?.ttl) }))
        .value;
    },
  };
}

// The scenarios above use the common interface alone, and never the name.
const library: Library = { name: 'ebbcache', open, close() {} };
const all: Behaviours[] = [entries, expiry, fetching];

describe('a cache of metadata', () => {
  const same = Object.assign({}, ...all.map((each) => each.same)) as Behaviours['same'];
  it.each(SAME)('behaves as lru-cache does: %s', async (name) => {
    const { scenario, gives } = same[name]!;
    expect(await scenario(open, library)).toEqual(gives);
  });

  const differs = Object.assign({}, ...all.map((each) => each.differs)) as Behaviours['differs'];
  it.each(DIFFERS)('behaves as an ArenaCache does: %s', async (name) => {
    const { scenario, oursGives } = differs[name]!;
    expect(await scenario(open, library)).toEqual(oursGives);
  });
});
