// Caches of more than one tier behind one interface: get, put, settle, close; each may return a promise.
// `front` is the number of entries that fit in memory; without a folder there is no disk tier. To measure
// remote hits, add a contender with a remote tier here, and a step to reads.mjs that finds its records there.

import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { Cacheable, createKeyv } from 'cacheable';
import { AdvancedMetadataCache } from 'ebbcache';
import Keyv from 'keyv';
import { LRUCache } from 'lru-cache';
import { sqliteStore } from './peers.mjs';

/** The size is more than any of them needs: nothing is evicted. */
const DISK_MB = 8192;
const MEMORY_MB = 4096;

const ebbcache = (validate) => async (folder, front) => {
  const cache = new AdvancedMetadataCache({
    validate,
    cacheDir: folder ?? 'unused',
    maxDiskSizeMb: folder === undefined ? 0 : DISK_MB,
    maxMemoryEntries: front,
    maxMemoryMb: MEMORY_MB,
  });
  return {
    get: (key) => cache.get(key),
    put: (key, value) => cache.put(key, value),
    settle: async () => {
      if (folder !== undefined && !(await cache.flush())) throw new Error('Records were dropped.');
    },
    diskHits: () => cache.getStats().diskHits,
    close: async () => cache.shutdown(),
  };
};

/** Opens the store, which connects by itself; it is open when it answers. */
async function openSqlite(folder) {
  mkdirSync(folder, { recursive: true });
  const Store = sqliteStore();
  const store = new Store({ uri: `sqlite://${join(folder, 'keyv.sqlite')}` });
  await store.query('SELECT 1');
  return store;
}

const sqliteClose = async (store) => store?.disconnect();
/** Nothing waits: each put is its own transaction, and is durable when its promise resolves. */
const settle = async () => {};

/** Groups many puts into one transaction, without which a fill takes minutes. */
const transactions = (store) => ({
  begin: () => store.query('BEGIN'),
  commit: () => store.query('COMMIT'),
});

export const peers = {
  'lru-cache + Keyv, SQLite': async (folder, front) => {
    const store = folder && (await openSqlite(folder));
    const below = store && new Keyv({ store });
    const memory = new LRUCache({ max: front });
    const getBelow = async (key) => {
      const value = await below?.get(key);
      if (value !== undefined) memory.set(key, value);
      return value;
    };
    return {
      get: (key) => memory.get(key) ?? getBelow(key),
      put: (key, value) => {
        memory.set(key, value);
        return below?.set(key, value);
      },
      settle,
      ...transactions(store),
      close: () => sqliteClose(store),
    };
  },
  'cacheable + Keyv, SQLite': async (folder, front) => {
    const store = folder && (await openSqlite(folder));
    const cache = new Cacheable({
      primary: createKeyv({ lruSize: front }),
      secondary: store && new Keyv({ store }),
    });
    return {
      get: (key) => cache.get(key),
      put: (key, value) => cache.set(key, value),
      settle,
      ...transactions(store),
      close: () => sqliteClose(store),
    };
  },
};

export const ebbcaches = {
  "ebbcache, 'stat'": ebbcache('stat'),
  "ebbcache, 'none'": ebbcache('none'),
};

/** Loads what a contender loads with its first use, so that it does not count as opening. */
export async function loadPackages(name) {
  if (name in peers) sqliteStore();
}

export const openTiers = (name, folder, front) => ({ ...ebbcaches, ...peers })[name](folder, front);
