import type { EvictionPolicy } from '../arena/arena-options.js';
import type { Clock } from '../arena/cache-clock.js';
import { optionNames } from '../checks/option-names.js';
import type { RemoteTier } from '../tiers/remote-tier.js';
import type { Logger } from './logger.js';

export const VALIDATIONS = ['stat', 'content', 'none'] as const;

/**
 * What must be as it was for a record to be used:
 * - 'stat': size, modification time in nanoseconds and inode of the file at the path. Files of procfs,
 *   sysfs and their like, of which these say nothing, are not kept;
 * - 'content': what is in the file, wherever it is, so that a renamed or copied file hits too. Files of
 *   more than 64 KiB are told apart by their size and 16 blocks of 4 KiB: a change between those that
 *   keeps the size is not seen. Costs a read of up to 64 KiB with every call;
 * - 'none': nothing. Only a time to live and invalidateFile end a record. Paths are compared as text,
 *   without their `..`: behind a symbolic link to a folder that is another file.
 */
export type Validation = (typeof VALIDATIONS)[number];

/** The names of `presets`. */
export type PresetName = 'development' | 'staging' | 'production' | 'constrained';

/** Options of an AdvancedMetadataCache. Those given override the preset's. */
export interface AdvancedCacheOptions {
  /**
   * The folder of the disk tier; made, for this user only, where it is not there. All processes that
   * name it share it; a relative one is below the current folder of now. Default: the user's cache directory (XDG_CACHE_HOME and its equivalents).
   */
  cacheDir?: string;
  /**
   * Whose the records are: caches of other namespaces do not see them, in one folder or at one remote.
   * Caches of one namespace and folder in a process share their memory tier, in all threads, and without a
   * disk tier those that name one namespace; sizes that differ there are an EbbcacheError. 1 to 256 characters.
   * Default: the name of the application's package, or of the one that has installed the program that runs.
   */
  namespace?: string;
  /**
   * The version of what extracts: records of other versions are not found, and age away. A finite number or
   * 1 to 256 characters. Default: none.
   */
  version?: string | number;
  /** Entries in memory at most, 1 or more. Default: that of the preset, or without one no bound but bytes. */
  maxMemoryEntries?: number;
  /**
   * Byte budget of the memory tier, MiB, 1 to 16384. Default: 1/16 of the effective memory limit,
   * 16 to 512.
   */
  maxMemoryMb?: number;
  /** Bound of all files of the disk tier, MiB, 1 to 65,536; 0 turns the tier off. Default 200. */
  maxDiskSizeMb?: number;
  /** Accepted, and without effect yet: records are stored as they are encoded. Default true. */
  enableCompression?: boolean;
  /** Time to live, hours, 0.000001 to 1,000,000. Default 24. */
  cacheTtlHours?: number;
  /**
   * For so long after its time to live, `fetch` gives a record out once more and extracts anew behind
   * it. Seconds, 0 to 1e9. Default 0: never.
   */
  staleWhileRevalidateSeconds?: number;
  /**
   * For so long, `fetch` rejects with the error that an extraction failed with, without another try, as
   * long as the file stays as it was; a stale record is given out without another try too. Seconds, 0 to 1e9.
   * Default 0: every `fetch` tries.
   */
  negativeTtlSeconds?: number;
  /** What must be as it was for a record to be used: see [what a record belongs to](tiers.md). Default 'stat'. */
  validate?: Validation;
  /** A tier that other machines share, of `ebbcache/redis`. Only `fetch` reads it. Default: none. */
  remote?: RemoteTier;
  /** Which entry goes when room is needed. Default 'lru'. */
  policy?: EvictionPolicy;
  /** Sizes by environment; see `presets`. Default: none. */
  preset?: PresetName;
  /** Where the cache reports what it survived. Default: none; trouble with a tier is then a warning of the process. */
  logger?: Logger;
  /**
   * Where time to live and freshness take the time from, ms since the epoch; also of failures that are kept.
   * For tests. Default: the time of the system, or of the fake timers that have replaced it. See ArenaCacheOptions.
   */
  clock?: Clock;
}

export const ADVANCED_NAMES = optionNames<AdvancedCacheOptions>('AdvancedMetadataCache', {
  cacheDir: true,
  namespace: true,
  version: true,
  maxMemoryEntries: true,
  maxMemoryMb: true,
  maxDiskSizeMb: true,
  enableCompression: true,
  cacheTtlHours: true,
  staleWhileRevalidateSeconds: true,
  negativeTtlSeconds: true,
  validate: true,
  remote: true,
  policy: true,
  preset: true,
  logger: true,
  clock: true,
});
