// Caches of more than one tier behind one face: get, put, settle, close; each may give a promise. `front`
// is how many entries fit in memory; without a folder there is no disk tier. For remote hits, a contender
// with a remote tier belongs here, and a step of reads.mjs that finds its records there.

import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { Cacheable, createKeyv } from 'cacheable';
import { AdvancedMetadataCache } from 'ebbcache';
import Keyv from 'keyv';
import { LRUCache } from 'lru-cache';
import { sqliteStore } from './peers.mjs';

/** More than any of them needs: nothing is evicted. */
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

/** The store connects by itself; it is open when it answers. */
async function openSqlite(folder) {
  mkdirSync(folder, { recursive: true });
  const Store = sqliteStore();
  const store = new Store({ uri: `sqlite://${join(folder, 'keyv.sqlite')}` });
  await store.query('SELECT 1');
  return store;
}

const sqliteClose = async (store) => store?.disconnect();
/** Each put is a transaction of its own, and on the disk when its promise resolves. */
const settle = async () => {};

/** Many puts as one transaction: a store is filled in minutes else. */
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

/** What a contender loads with its first use is no part of opening it. */
export async function loadPackages(name) {
  if (name in peers) sqliteStore();
}

export const openTiers = (name, folder, front) => ({ ...ebbcaches, ...peers })[name](folder, front);
