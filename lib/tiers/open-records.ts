// The memory and disk tier of a cache of metadata. Caches of the process that name the same folder and
// namespace share them, in all threads.

import type { ArenaCacheOptions, EvictionPolicy } from '../arena/arena-options.js';
import type { Clock } from '../arena/cache-clock.js';
import { EbbcacheError } from '../errors/errors.js';
import type { AdoptedSizes } from '../native/store.js';
import { LocalRecords } from './local-records.js';

const MIB = 1024 * 1024;

/** Sizes that MUST be the same in all caches that share their memory tier. */
export type SizeName = 'maxMemoryMb' | 'maxMemoryEntries' | 'maxDiskSizeMb';

/** The options of a cache that its memory and disk tier need. */
export interface LocalTierOptions {
  /** The absolute path; empty where none was given and the user has no home. */
  cacheDir: string;
  owner: { namespace: string };
  /** Whether the namespace was given, and is not the default. */
  namesNamespace: boolean;
  /** The names of the sizes that were given, directly or by a preset. */
  givenSizes: ReadonlySet<SizeName>;
  /** Undefined where bytes are the only bound. */
  maxMemoryEntries: number | undefined;
  maxMemoryBytes: number;
  maxDiskSizeMb: number;
  policy: EvictionPolicy;
  enableCompression: boolean;
  /** The number of decoded records that are kept at hand. */
  hotValues: number;
  clock: Clock | undefined;
}

/**
 * Throws an EbbcacheError with the code 'ERR_EBBCACHE_OPEN' where the tiers are open with other sizes, or the
 * OS refuses memory.
 */
export function openRecords(
  options: LocalTierOptions,
  hasDisk: boolean,
  ebb: boolean,
): LocalRecords {
  const { maxMemoryBytes, maxMemoryEntries, maxDiskSizeMb, cacheDir, policy } = options;
  const store: ArenaCacheOptions = {
    maxBytes: maxMemoryBytes,
    ...(maxMemoryEntries === undefined ? {} : { maxEntries: maxMemoryEntries }),
    policy,
    ebb,
    codec: options.enableCompression ? 'compact' : 'msgpack',
    clock: options.clock,
  };
  if (hasDisk) store.disk = { dir: cacheDir, maxBytes: maxDiskSizeMb * MIB };
  // Without a folder, caches that name the same namespace share records, but not all caches of an
  // application.
  if (!hasDisk && !options.namesNamespace) return new LocalRecords(store, {}, options.hotValues);
  const { namespace } = options.owner;
  try {
    const records = {
      // The NUL distinguishes it from the names that users give.
      sharedName: `\0records of ${namespace}\0${policy}\0${ebb}\0`,
      adopts: adoptedSizes(options),
    };
    return new LocalRecords(store, records, options.hotValues);
  } catch (error) {
    if (!isConflict(error)) throw error;
    throw new EbbcacheError('ERR_EBBCACHE_OPEN', conflictSentence(options, hasDisk), {
      cause: error,
    });
  }
}

function adoptedSizes({ givenSizes }: LocalTierOptions): AdoptedSizes {
  return {
    maxBytes: !givenSizes.has('maxMemoryMb'),
    maxEntries: !givenSizes.has('maxMemoryEntries'),
    diskBytes: !givenSizes.has('maxDiskSizeMb'),
  };
}

function isConflict(error: unknown): boolean {
  return (
    error instanceof EbbcacheError &&
    (error.cause as { code?: string } | undefined)?.code === 'ERR_EBBCACHE_CONFLICT'
  );
}

function conflictSentence({ cacheDir, owner }: LocalTierOptions, hasDisk: boolean): string {
  const where = hasDisk ? `the folder '${cacheDir}' and ` : '';
  return (
    `A cache of ${where}the namespace '${owner.namespace}' is open in this process with other sizes, and ` +
    'the caches of one namespace share their memory. Give it the same maxMemoryMb, maxMemoryEntries and ' +
    'maxDiskSizeMb, leave them out, or name another namespace.'
  );
}
