// `ebbcache/keyv` imports only types of Keyv, because Keyv need not be installed.

import '../process/require-node.js';

import { EventEmitter } from 'node:events';
import { setImmediate } from 'node:timers/promises';
import type { KeyvStoreAdapter } from 'keyv';
import { ArenaCache } from '../arena/arena-cache.js';
import { ARENA_NAMES, type ArenaCacheOptions } from '../arena/arena-options.js';
import type { ArenaStats } from '../arena/arena-stats.js';
import { checkNumber, show } from '../checks/arguments.js';
import { checkNames } from '../checks/option-names.js';
import { argumentTypeError } from '../errors/errors.js';
import { box, boxedKey, unbox } from './keyv-box.js';
import { entryName, keyInName, namespacePrefix } from './keyv-keys.js';

const NAMES = { ...ARENA_NAMES, owner: 'KeyvEbbcache' };

/** The number of keys that `clear` visits before it yields to others, which takes a few milliseconds. */
const KEYS_A_TURN = 4096;

/** One entry of setMany; `ttl` in ms. */
export interface KeyvSetEntry {
  /** The key, without the namespace. */
  key: string;
  /** The value. */
  value: unknown;
  /** Time to live, ms. */
  ttl?: number;
}

/**
 * A store for Keyv 5, over an ArenaCache of its own. It takes the options of that cache, and throws the
 * errors of its constructor.
 *
 * It is for one Keyv, whose namespace it follows: what is set in one namespace is not found in another. Keyvs
 * that share memory need one adapter each, with the same `name`; nothing else may use that name.
 *
 * Any string is a key: one that is not well-formed or has, with its namespace, more bytes than an ArenaCache
 * accepts is stored under its SHA-256. A value is what the Keyv's serializer makes, or without a serializer
 * anything that an ArenaCache accepts.
 *
 * Errors: reads emit 'error' where there are listeners, and are misses. `get`, and a call whose keys are not
 * a list, also reject, which Keyv makes a miss or, with `throwOnErrors`, throws. All other calls reject,
 * which Keyv makes an 'error': with an EncodeError for a value that cannot be stored, and a ClosedError after
 * disconnect().
 */
export class KeyvEbbcache extends EventEmitter implements KeyvStoreAdapter {
  /**
   * The options, and a dialect: Keyv 5 iterates over a store that is not a Map only if the store claims to be
   * a database of Keyv's list. Nothing else depends on it.
   */
  readonly opts: ArenaCacheOptions & { dialect: string };
  readonly #arena: ArenaCache;
  #namespace: string | undefined;
  #prefix = namespacePrefix(undefined);

  constructor(options: ArenaCacheOptions) {
    super();
    const given = arenaOptionsOf(options);
    this.#arena = new ArenaCache(given);
    this.opts = { ...given, dialect: 'redis' };
  }

  /** Keyv sets it to its own; undefined for none. */
  get namespace(): string | undefined {
    return this.#namespace;
  }

  set namespace(namespace: string | undefined) {
    this.#prefix = namespacePrefix(namespace);
    this.#namespace = namespace;
  }

  /** Returns the value, or undefined. Rejects with the failure, which is an 'error' event too. */
  async get<Value>(key: string): Promise<Value | undefined> {
    try {
      return unbox(this.#arena.get(this.#nameOf(key))) as Value | undefined;
    } catch (error) {
      this.#report(error);
      throw error;
    }
  }

  /**
   * Returns the values, or undefined, in the order of the keys. A failure is an 'error' event, and all are
   * undefined.
   */
  async getMany<Value>(keys: string[]): Promise<(Value | undefined)[]> {
    checkArray('getMany', 'keys', keys);
    return this.#readMany(keys, undefined, (names) =>
      this.#arena.getMany(names).map((stored) => unbox(stored) as Value | undefined),
    );
  }

  /** Whether the key has a value that has not expired. A failure is an 'error' event, and false. */
  async has(key: string): Promise<boolean> {
    const [there = false] = await this.hasMany([key]);
    return there;
  }

  /** Resolves with what `has` resolves to for each key, in their order. */
  async hasMany(keys: string[]): Promise<boolean[]> {
    checkArray('hasMany', 'keys', keys);
    return this.#readMany(keys, false, (names) => names.map((name) => this.#arena.has(name)));
  }

  /**
   * Stores the value; `ttl` in ms. 0 or undefined stands for the store's own, and a negative one deletes.
   * NaN, and what is not a number, rejects with a RangeError or TypeError.
   *
   * Resolves with false if the value does not fit the budget: then the key has no value, so that the previous
   * value is not read in its place.
   */
  async set(key: string, value: unknown, ttl?: number): Promise<boolean> {
    const { name, hashed } = entryName(this.#prefix, key);
    if (isOver(ttl)) {
      this.#arena.delete(name);
      return true;
    }
    const boxed = box(value, hashed ? key : undefined);
    const stored = this.#arena.set(name, boxed, { ttl: arenaTtl(ttl) });
    if (!stored) this.#arena.delete(name);
    return stored;
  }

  /**
   * Resolves with what `set` resolves to for each entry. Where it rejects for a value that cannot be stored,
   * entries before it may be stored. Keyv's type says void; Keyv itself passes the result on.
   */
  setMany(entries: KeyvSetEntry[]): Promise<boolean[]>;
  setMany(entries: KeyvSetEntry[]): Promise<void>;
  async setMany(entries: KeyvSetEntry[]): Promise<unknown> {
    checkArray('setMany', 'entries', entries);
    for (const entry of entries) {
      if (typeof entry === 'object' && entry !== null) continue;
      throw argumentTypeError(
        `An entry must be an object with key and value; it is ${show(entry)}.`,
      );
    }
    const outcomes: boolean[] = [];
    for (const run of runsOfOneTtl(entries)) {
      for (const outcome of this.#setAll(run, run[0]?.ttl)) outcomes.push(outcome);
    }
    return outcomes;
  }

  /** Removes the entry; resolves with true when there was one. */
  async delete(key: string): Promise<boolean> {
    return this.#arena.delete(this.#nameOf(key));
  }

  /** Removes the entries; resolves with true when all of them existed. */
  async deleteMany(keys: string[]): Promise<boolean> {
    checkArray('deleteMany', 'keys', keys);
    const names = keys.map((key) => this.#nameOf(key));
    return names.map((name) => this.#arena.delete(name)).every(Boolean);
  }

  /**
   * Removes the entries of the namespace, or without a namespace all entries of the store. It yields to
   * others while it clears a large namespace: entries that they set meanwhile may be removed too.
   */
  async clear(): Promise<void> {
    if (!this.#namespace) {
      this.#arena.clear();
      return;
    }
    const prefix = this.#prefix;
    let looked = 0;
    for (const name of this.#arena.keys()) {
      if (name.startsWith(prefix)) this.#arena.delete(name);
      if (++looked % KEYS_A_TURN === 0) await setImmediate();
    }
  }

  /**
   * Iterates over keys, as they were given to `set`, with their values: those of the namespace, or without a
   * namespace all of the store, in no particular order. An entry that exists from the first step to the last
   * is visited exactly once; it counts neither a hit nor a use.
   */
  async *iterator<Value>(
    namespace: string | undefined = this.#namespace,
  ): AsyncGenerator<[string, Awaited<Value>], void> {
    const prefix = namespace === undefined || namespace === '' ? '' : namespacePrefix(namespace);
    for (const name of this.#arena.keys()) {
      if (!name.startsWith(prefix)) continue;
      const stored = this.#arena.peek(name);
      if (stored === undefined) continue;
      const key = keyInName(name) ?? boxedKey(stored);
      if (key !== undefined) yield [key, unbox(stored) as Awaited<Value>];
    }
  }

  /** Closes the store; the last adapter to close it releases its memory. It may be called again. */
  async disconnect(): Promise<void> {
    this.#arena.close();
  }

  /**
   * Returns the store's statistics, with the entries of all namespaces. Throws a ClosedError after
   * disconnect().
   */
  stats(): ArenaStats {
    return this.#arena.stats();
  }

  [Symbol.dispose](): void {
    this.#arena.close();
  }

  #nameOf(key: string): string {
    return entryName(this.#prefix, key).name;
  }

  #setAll(entries: KeyvSetEntry[], ttl: number | undefined): boolean[] {
    const named = entries.map(({ key, value }): [string, unknown] => {
      const { name, hashed } = entryName(this.#prefix, key);
      return [name, box(value, hashed ? key : undefined)];
    });
    if (isOver(ttl)) {
      for (const [name] of named) this.#arena.delete(name);
      return named.map(() => true);
    }
    const outcomes = this.#arena.setMany(named, { ttl: arenaTtl(ttl) });
    for (const [i, stored] of outcomes.entries()) {
      if (!stored) this.#arena.delete(named[i]![0]);
    }
    return outcomes;
  }

  #readMany<T>(keys: string[], miss: T, read: (names: string[]) => T[]): T[] {
    try {
      return read(keys.map((key) => this.#nameOf(key)));
    } catch (error) {
      this.#report(error);
      return keys.map(() => miss);
    }
  }

  /** An 'error' without a listener would be thrown. */
  #report(error: unknown): void {
    if (this.listenerCount('error') > 0) this.emit('error', error);
  }
}

function checkArray(method: string, name: string, value: unknown): void {
  if (Array.isArray(value)) return;
  throw argumentTypeError(`${method} takes an array of ${name}; it is ${show(value)}.`);
}

/** The options may be the `opts` of another store. */
function arenaOptionsOf(options: ArenaCacheOptions & { dialect?: string }): ArenaCacheOptions {
  // ArenaCache rejects it.
  if (typeof options !== 'object' || options === null || Array.isArray(options)) return options;
  const { dialect: _, ...given } = options;
  checkNames(given, NAMES);
  return given;
}

/** Splits the entries into runs with the same time to live, which the store takes in one call. */
function* runsOfOneTtl(entries: KeyvSetEntry[]): Generator<KeyvSetEntry[]> {
  let from = 0;
  for (let to = 1; to <= entries.length; to++) {
    if (to < entries.length && entries[to]!.ttl === entries[from]!.ttl) continue;
    yield entries.slice(from, to);
    from = to;
  }
}

/** Keyv counts the time that is left, so it may be negative, or endless. */
function isOver(ttl: number | undefined): boolean {
  if (ttl !== undefined && ttl !== null) checkNumber('ttl', ttl, -Infinity, Infinity, 'ms');
  return typeof ttl === 'number' && ttl < 0;
}

/** The time to live in the range of an ArenaCache, or undefined for the cache's own. */
function arenaTtl(ttl: number | undefined): number | undefined {
  return ttl ? Math.min(Math.max(ttl, 1), Number.MAX_SAFE_INTEGER) : undefined;
}
