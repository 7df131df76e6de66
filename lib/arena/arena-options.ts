import { checkNumber, show } from '../checks/arguments.js';
import { checkNames, optionNames } from '../checks/option-names.js';
import { argumentRangeError, argumentTypeError } from '../errors/errors.js';
import { native } from '../native/addon.js';
import { STATE_BYTES } from '../native/file-states.js';
import type { AdoptedSizes, NativeStoreOptions } from '../native/store.js';
import type { Clock } from './cache-clock.js';
import { type DiskOptions, resolveDiskOptions } from './disk-options.js';

/** Which entry is evicted when room is needed. */
export type EvictionPolicy = 'lru' | 's3fifo';

/** The options of an ArenaCache. */
export interface ArenaCacheOptions {
  /** The hard bound on all memory the store takes from the OS, bytes: 64 KiB to 16 GiB. */
  maxBytes: number;
  /** The maximum number of entries, 1 or more. Default: no bound but bytes. */
  maxEntries?: number;
  /** Which entry is evicted when room is needed. Default 'lru': exact, by entry. */
  policy?: EvictionPolicy;
  /** The time to live of entries that are set without one, ms, 1 or more. Default: none. */
  ttl?: number;
  /**
   * Caches with one name in one process, whichever thread opens them, share one store; all of them must be
   * opened with the same options. Default: a store of its own.
   */
  name?: string;
  /** Whether the cache shrinks and regrows with memory pressure. Default true. */
  ebb?: boolean;
  /** The size below which the cache never shrinks under pressure, bytes, up to maxBytes. Default 0. */
  minBytes?: number;
  /**
   * How values are stored. Default 'compact': names of fields become numbers and the rest is compressed, with
   * dictionaries that are trained from what is set. 'msgpack': as they are encoded. Caches that share a store
   * or a file read both.
   */
  codec?: 'compact' | 'msgpack';
  /**
   * The maximum number of decoded values at hand, 0 to 1,000,000: `get` of such a key returns the same deeply
   * frozen object as long as its entry is unchanged, by whomever. Values that cannot be frozen, such as those
   * with a Date, a Map or a Buffer, are decoded each time. They are in the JavaScript heap, beside maxBytes,
   * and are dropped under memory pressure. Default 0.
   */
  hotValues?: number;
  /** A second tier on disk, which survives restarts and which processes share. Default: none. */
  disk?: DiskOptions;
  /**
   * The clock that time to live follows, ms since the epoch. It is for tests: when it returns a later time,
   * entries whose time to live ended before that have expired. Default: the time of the system, or of the
   * fake timers that have replaced it.
   *
   * Where the clock throws, or returns anything but a finite number, its previous time counts, and a process
   * warning reports that once. Caches that share a store or, in one process, a disk tier share the clock that
   * was read last; other processes have their own.
   */
  clock?: Clock;
}

export const ARENA_NAMES = optionNames<ArenaCacheOptions>('ArenaCache', {
  maxBytes: true,
  maxEntries: true,
  policy: true,
  ttl: true,
  name: true,
  ebb: true,
  minBytes: true,
  codec: true,
  hotValues: true,
  disk: true,
  clock: true,
});

/** The bytes before the metadata of a record, see lib/tiers/record.ts. */
const RECORD_PREFIX_BYTES = STATE_BYTES + 8;

/** What caches of metadata have in addition to an ArenaCache's options. */
export interface RecordStoreOptions {
  /** All caches in the process with the same name, and the same folder on disk, share one store. */
  sharedName?: string;
  /** Sizes that the user did not give: a store that is open keeps its own. */
  adopts?: AdoptedSizes;
}

/**
 * `records` is for a store of records. Throws a TypeError or RangeError that names the option and its
 * accepted values.
 */
export function resolveArenaOptions(
  options: ArenaCacheOptions,
  records?: RecordStoreOptions,
): NativeStoreOptions {
  if (typeof options !== 'object' || options === null || Array.isArray(options)) {
    throw argumentTypeError('The options must be an object with at least maxBytes.');
  }
  checkNames(options, ARENA_NAMES);
  const { policy = 'lru', name, ebb = true, codec = 'compact' } = options;
  const maxBytes = checkMaxBytes(options.maxBytes);
  if (policy !== 'lru' && policy !== 's3fifo') {
    throw argumentRangeError(`policy must be 'lru' or 's3fifo'; it is ${show(policy)}.`);
  }
  if (name !== undefined && (typeof name !== 'string' || name === '')) {
    throw argumentTypeError('name must be a string that is not empty; leave it out for no name.');
  }
  // Lone surrogates have no UTF-8: two such names would be one.
  if (name?.isWellFormed() === false) throw argumentRangeError('name must be well-formed Unicode.');
  if (typeof ebb !== 'boolean') {
    throw argumentTypeError(`ebb must be true or false; it is ${show(ebb)}.`);
  }
  if (codec !== 'compact' && codec !== 'msgpack') {
    throw argumentRangeError(`codec must be 'compact' or 'msgpack'; it is ${show(codec)}.`);
  }
  return {
    maxBytes,
    maxEntries: checkOptional('maxEntries', options.maxEntries, 1, Number.MAX_SAFE_INTEGER),
    policy,
    ttl: checkTtl(options.ttl),
    name: records?.sharedName ?? name ?? '',
    namedByFolder: records?.sharedName !== undefined,
    ebb,
    minBytes: checkOptional('minBytes', options.minBytes, 0, maxBytes),
    disk: resolveDiskOptions(options.disk, records === undefined ? 'values' : 'records'),
    adopts: records?.adopts,
    compact: codec === 'compact',
    prefixBytes: records === undefined ? 0 : RECORD_PREFIX_BYTES,
  };
}

/** The maximum number of decoded values at hand. */
export function checkHotValues(hotValues: unknown): number {
  return Math.floor(checkOptional('hotValues', hotValues, 0, 1_000_000));
}

/** Whole bytes, in the range of a store. */
export function checkMaxBytes(maxBytes: unknown): number {
  const { minBytes: least, maxBytes: most } = native.limits;
  return Math.floor(checkNumber('maxBytes', maxBytes, least, most, 'bytes'));
}

/** Whole ms; 0 for no time to live. */
export function checkTtl(ttl: unknown): number {
  return Math.ceil(checkOptional('ttl', ttl, 1, Number.MAX_SAFE_INTEGER));
}

function checkOptional(name: string, value: unknown, least: number, most: number): number {
  return value === undefined ? 0 : checkNumber(name, value, least, most);
}
