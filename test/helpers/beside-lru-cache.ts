// lru-cache and an ArenaCache by one face, so that one scenario runs on both.

import { LRUCache } from 'lru-cache';
import { ArenaCache } from '../../lib/cache/arena-cache.js';
import type { ArenaCacheOptions } from '../../lib/cache/arena-options.js';

const MIB = 1024 * 1024;

export type Load = (key: string, signal: AbortSignal) => unknown;
/** What lru-cache's constructor takes. */
type LruOptions = LRUCache.OptionsMaxLimit<string, NonNullable<unknown>, Load>;
type LruSubject = LRUCache<string, NonNullable<unknown>, Load>;

export interface SubjectOptions {
  /** Entries at most. Default: more than any scenario has. */
  max?: number;
  ttl?: number;
  /** What else the one library's constructor gets. */
  lru?: Partial<LruOptions>;
  ours?: Partial<ArenaCacheOptions>;
}

/** What both caches have. */
export interface Subject {
  /** As its own `get` gives it. */
  get(key: string): unknown;
  peek(key: string): unknown;
  has(key: string): boolean;
  /** What its own `set` returns: the cache itself is told as 'the cache'. */
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

/** Both, as they are, and how a scenario opens one by the common face. */
export interface Library {
  name: 'lru-cache' | 'ebbcache';
  open(options?: SubjectOptions): Subject;
  /** Closes what was opened. */
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

/** With a fetchMethod that calls the loader of each `fetch`, given as its context. */
export function openLru({ max = 1000, ttl, lru }: SubjectOptions = {}): LruSubject {
  return new LRUCache({
    max,
    ...(ttl === undefined ? {} : { ttl }),
    fetchMethod: (key, _stale, { signal, context }) => context(key, signal) as never,
    ...lru,
  });
}

/** Deaf to the memory pressure of the machine that runs the test. */
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

/** What a call returns, or the name of the class of what it throws. */
export function outcomeOf(call: () => unknown): unknown {
  try {
    return call();
  } catch (error) {
    return (error as Error).constructor.name;
  }
}

/** What a promise resolves to, or the message of what it is rejected with. */
export function settled(promise: Promise<unknown>): Promise<unknown> {
  return promise.catch((reason: Error) => `rejected: ${reason.message}`);
}
