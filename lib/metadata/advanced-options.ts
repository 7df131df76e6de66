import type { EvictionPolicy } from '../arena/arena-options.js';
import type { Clock } from '../arena/cache-clock.js';
import { optionNames } from '../checks/option-names.js';
import type { RemoteTier } from '../tiers/remote-tier.js';
import type { Logger } from './logger.js';

export const VALIDATIONS = ['stat', 'content', 'none'] as const;

/**
 * What must be unchanged for a record to be used:
 * - 'stat': size, modification time in nanoseconds and inode of the file at the path. Files of procfs, sysfs
 *   and the like are not cached, because these do not show a change of their content;
 * - 'content': the content of the file, at any path, so that a renamed or copied file hits too. Files of more
 *   than 64 KiB are compared by their size and 16 blocks of 4 KiB: a change between the blocks that keeps the
 *   size is not detected. Every call reads up to 64 KiB;
 * - 'none': nothing. A record is removed only when its time to live ends or by invalidateFile. Paths are
 *   compared as text, with their `..` resolved: behind a symbolic link to a folder that is a different file.
 */
export type Validation = (typeof VALIDATIONS)[number];

/** The names of `presets`. */
export type PresetName = 'development' | 'staging' | 'production' | 'constrained';

/** The options of an AdvancedMetadataCache. An option that is given overrides the preset's. */
export interface AdvancedCacheOptions {
  /**
   * The folder of the disk tier. It is made, for this user only, where it does not exist. All processes that
   * name it share it; a relative path is resolved against the current folder at construction. Default: the
   * user's cache directory (XDG_CACHE_HOME and its equivalents).
   */
  cacheDir?: string;
  /**
   * The owner of the records: in one folder or at one remote, a cache does not see records of other
   * namespaces. 1 to 256 characters. Default: the name of the application's package, or of the package that
   * has installed the running program.
   *
   * Caches of one namespace and folder in a process share their memory tier, in all threads; without a disk
   * tier, those that name the same namespace do. Different sizes in caches that share are an EbbcacheError.
   */
  namespace?: string;
  /**
   * The version of the extractor: records of other versions are not found, and expire. A finite number, or 1
   * to 256 characters. Default: none.
   */
  version?: string | number;
  /**
   * The maximum number of entries in memory, 1 or more. Default: that of the preset, or no bound but bytes.
   */
  maxMemoryEntries?: number;
  /**
   * The byte budget of the memory tier, MiB, 1 to 16384. Default: 1/16 of the effective memory limit, 16 to
   * 512.
   */
  maxMemoryMb?: number;
  /** The bound of all files of the disk tier, MiB, 1 to 65,536; 0 turns the tier off. Default 200. */
  maxDiskSizeMb?: number;
  /**
   * Whether records are stored compact: names of fields become numbers and the rest is compressed, with
   * dictionaries that are trained from what is put. Records of both kinds can be read. Default true.
   */
  enableCompression?: boolean;
  /**
   * The maximum number of decoded records that are kept at hand, 0 to 1,000,000: `get` and `fetch` return the
   * same deeply frozen object as long as the file and its record are unchanged. They are in the JavaScript
   * heap, outside the budget, and are dropped under memory pressure. Default 0.
   */
  hotValues?: number;
  /** The time to live, hours, 0.000001 to 1,000,000. Default 24. */
  cacheTtlHours?: number;
  /**
   * How long after its time to live a record is stale: `fetch` returns it once more and extracts again in the
   * background. Seconds, 0 to 1e9. Default 0: never.
   */
  staleWhileRevalidateSeconds?: number;
  /**
   * How long `fetch` rejects with the error of a failed extraction, without another attempt, while the file
   * is unchanged. For as long, a stale record is also returned without another attempt. Seconds, 0 to 1e9.
   * Default 0: every `fetch` attempts the extraction.
   */
  negativeTtlSeconds?: number;
  /**
   * What must be unchanged for a record to be used: see [what a record belongs to](tiers.md). Default 'stat'.
   */
  validate?: Validation;
  /** A tier that other machines share, from `ebbcache/redis`. Only `fetch` reads it. Default: none. */
  remote?: RemoteTier;
  /** Which entry is evicted when room is needed. Default 'lru'. */
  policy?: EvictionPolicy;
  /** Sizes by environment; see `presets`. Default: none. */
  preset?: PresetName;
  /**
   * Where the cache reports the failures that it survived. Default: none; a failure of a tier is then a
   * process warning.
   */
  logger?: Logger;
  /**
   * Where time to live and freshness read the time, ms since the epoch; the expiry of failures that are kept
   * uses it too. For tests. Default: the time of the system, or of the fake timers that have replaced it. See
   * ArenaCacheOptions.
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
  hotValues: true,
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
