// ebbcache and the alternatives of a service behind one interface: get, put, settle, close. Each is
// opened for a number of entries, and for more bytes than they need.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ArenaCache } from 'ebbcache';
import { open as openLmdb } from 'lmdb';
import { LRUCache } from 'lru-cache';
import { Packr } from 'msgpackr';

const BUDGET = 4 * 1024 ** 3;
const packr = new Packr({ useRecords: false, moreTypes: true });
/** Copies the bytes: pack returns a view of a buffer that the next call overwrites. */
const pack = (value) => Buffer.from(packr.pack(value));
const unpack = (bytes) => (bytes === undefined ? undefined : packr.unpack(bytes));

const synchronous = { settle: async () => {} };

export const contenders = {
  ebbcache: () => {
    const cache = new ArenaCache({ maxBytes: BUDGET, ebb: false });
    return {
      ...synchronous,
      get: (key) => cache.get(key),
      put: (key, value) => cache.set(key, value),
      close: async () => cache.close(),
    };
  },
  // This contender returns and keeps the object itself: it has no copy, no encoding, and no
  // protection from changes.
  'lru-cache, objects': (entries) => {
    const cache = new LRUCache({ max: entries });
    return {
      ...synchronous,
      get: (key) => cache.get(key),
      put: (key, value) => cache.set(key, value),
      close: async () => cache.clear(),
    };
  },
  'lru-cache, Buffers': () => {
    const cache = new LRUCache({ maxSize: BUDGET, sizeCalculation: (bytes) => bytes.length });
    return {
      ...synchronous,
      get: (key) => unpack(cache.get(key)),
      put: (key, value) => cache.set(key, pack(value)),
      close: async () => cache.clear(),
    };
  },
  'Map, msgpackr': () => {
    const cache = new Map();
    return {
      ...synchronous,
      get: (key) => unpack(cache.get(key)),
      put: (key, value) => cache.set(key, pack(value)),
      close: async () => cache.clear(),
    };
  },
  // It is configured as a cache: no call waits for the disk.
  lmdb: () => {
    const folder = mkdtempSync(join(tmpdir(), 'ebbcache-bench-'));
    const database = openLmdb({ path: join(folder, 'data.mdb'), noSync: true });
    let last;
    return {
      get: (key) => database.get(key),
      put: (key, value) => {
        last = database.put(key, value);
      },
      settle: () => last,
      close: async () => {
        await database.close();
        rmSync(folder, { recursive: true });
      },
    };
  },
};

/** A process that has all contenders loaded and uses none: the cost of a measurement itself. */
export const nothing = {
  name: 'nothing',
  open: () => ({ ...synchronous, get: () => undefined, put: () => {}, close: async () => {} }),
};

export function openContender(name, entries) {
  return name === nothing.name ? nothing.open() : contenders[name](entries);
}
