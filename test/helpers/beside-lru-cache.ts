// Gives lru-cache and an ArenaCache one interface, so that one scenario runs on both.

import { LRUCache } from 'lru-cache';
import { ArenaCache } from '../../lib/arena/arena-cache.js';
import type { ArenaCacheOptions } from '../../lib/arena/arena-options.js';

const MIB = 1024 * 1024;

export type Load = (key: string, signal: AbortSignal) => unknown;
/** These are the options of lru-cache's constructor. */
type LruOptions = LRUCache.OptionsMaxLimit<string, NonNullable<unknown>, Load>;
type LruSubject = LRUCache<string, NonNullable<unknown>, Load>;

export interface SubjectOptions {
  /** The cache holds at most so many entries. The default is more than any scenario has. */
  max?: number;
  ttl?: number;
  /** The constructor of each library gets its further options. */
  lru?: Partial<LruOptions>;
  ours?: Partial<ArenaCacheOptions>;
}

/** Both caches have these methods. */
export interface Subject {
  /** Returns what the cache's own `get` returns; the other methods do likewise. */
  get(key: string): unknown;
  peek(key: string): unknown;
  has(key: string): boolean;
  /** Returns 'the cache' where the cache's own `set` returns the cache itself. */
  set(key: string, value: unknown, options?: { ttl?: number | undefined }): unknown;
  delete(key: string): boolean;
  clear(): unknown;
  readonly size: number;
  keys(): Iterable<string>;
  entries(): Iterable<[string, unknown]>;
  fetch(
    key: string,
    load: Load,
    options?: { ttl?: number; signal?: AbortSignal },
  ): Promise<unknown>;
}

/** A library opens its caches with the common interface. */
export interface Library {
  name: 'lru-cache' | 'ebbcache';
  open(options?: SubjectOptions): Subject;
  /** Closes the caches that were opened. */
  close(): void;
}

export const lruCache: Library = {
  name: 'lru-cache',
  open: (options = {}) => lruSubject(openLru(options)),
  close() {},
};

const opened: ArenaCache[] = [];

export const ebbcache: Library = {
  name: 'ebbcache',
  open: (options = {}) => arenaSubject(openArena(options)),
  close() {
    for (const cache of opened.splice(0)) cache.close();
  },
};

/** The cache has a fetchMethod that calls the loader of each `fetch`, which is its context. */
export function openLru({ max = 1000, ttl, lru }: SubjectOptions = {}): LruSubject {
  return new LRUCache({
    max,
    ...(ttl === undefined ? {} : { ttl }),
    fetchMethod: (key, _stale, { signal, context }) => context(key, signal) as never,
    ...lru,
  });
}

/** The cache does not react to the memory pressure of the machine that runs the test. */
export function openArena({ max, ttl, ours }: SubjectOptions = {}): ArenaCache {
  const cache = new ArenaCache({
    maxBytes: MIB,
    ebb: false,
    ...(max === undefined ? {} : { maxEntries: max }),
    ...(ttl === undefined ? {} : { ttl }),
    ...ours,
  });
  opened.push(cache);
  return cache;
}

function lruSubject(cache: LruSubject): Subject {
  return {
    ...commonOf(cache as never),
    get size() {
      return cache.size;
    },
    fetch: (key, load, options) => cache.fetch(key, { ...options, context: load }),
  };
}

function arenaSubject(cache: ArenaCache): Subject {
  return {
    ...commonOf(cache),
    get size() {
      return cache.size;
    },
    fetch: (key, load, options) => cache.fetch(key, load, options),
  };
}

function commonOf(cache: ArenaCache): Omit<Subject, 'size' | 'fetch'> {
  return {
    get: (key) => cache.get(key),
    peek: (key) => cache.peek(key),
    has: (key) => cache.has(key),
    set: (key, value, options) => {
      const returned: unknown = cache.set(key, value, options as never);
      return returned === cache ? 'the cache' : returned;
    },
    delete: (key) => cache.delete(key),
    clear: () => cache.clear(),
    keys: () => cache.keys(),
    entries: () => cache.entries(),
  };
}

/** Returns what the call returns, or the name of the class of what it throws. */
export function outcomeOf(call: () => unknown): unknown {
  try {
    return call();
  } catch (error) {
    return (error as Error).constructor.name;
  }
}

/** Resolves to what the promise resolves to, or to the message of what it is rejected with. */
export function settled(promise: Promise<unknown>): Promise<unknown> {
  return promise.catch((reason: Error) => `rejected: ${reason.message}`);
}
