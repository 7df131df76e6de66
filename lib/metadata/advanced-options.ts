import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import type { EvictionPolicy } from '../arena/arena-options.js';
import type { Clock } from '../arena/cache-clock.js';
import { checkNumber, checkOptions, show } from '../checks/arguments.js';
import { type OptionNames, optionNames } from '../checks/option-names.js';
import { argumentRangeError, argumentTypeError, messageOf } from '../errors/errors.js';
import { MemoryPressureMonitor } from '../memory/memory-pressure-monitor.js';
import type { RemoteTier } from '../tiers/remote-tier.js';
import { type Logger, type SafeLogger, safeLogger } from './logger.js';
import { type PresetName, presets } from './presets.js';
import { type RecordOwner, resolveOwner } from './record-owner.js';

const MIB = 1024 * 1024;
const VALIDATIONS = ['stat', 'content', 'none'] as const;
const SIZES: readonly SizeName[] = ['maxMemoryMb', 'maxMemoryEntries', 'maxDiskSizeMb'];
const REMOTE_METHODS = [
  'start',
  'get',
  'set',
  'delete',
  'clear',
  'stats',
  'flush',
  'close',
] as const;

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

/** Options of an AdvancedMetadataCache. Those given override the preset's. */
export interface AdvancedCacheOptions {
  /**
   * The folder of the disk tier; made, for this user alone, where it is not there. All processes that
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

/** Sizes that caches which share their memory tier must agree on. */
export type SizeName = 'maxMemoryMb' | 'maxMemoryEntries' | 'maxDiskSizeMb';

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

export interface ResolvedAdvancedOptions {
  /** Absolute; empty where none was given and the user has none. */
  cacheDir: string;
  owner: RecordOwner;
  /** Whether the namespace was given, and is not the default. */
  namesNamespace: boolean;
  /** The sizes that were given, by themselves or by a preset. */
  givenSizes: ReadonlySet<SizeName>;
  /** Undefined where bytes alone are the bound. */
  maxMemoryEntries: number | undefined;
  maxMemoryBytes: number;
  maxDiskSizeMb: number;
  enableCompression: boolean;
  ttlMs: number;
  staleMs: number;
  negativeTtlMs: number;
  validate: Validation;
  remote: RemoteTier | undefined;
  policy: EvictionPolicy;
  logger: SafeLogger;
  clock: Clock | undefined;
}

/**
 * Throws a TypeError or RangeError that names the option and what it may be. `names` are those that the
 * options of a subclass may have.
 */
export function resolveAdvancedOptions<T extends AdvancedCacheOptions>(
  given: T | undefined,
  names: OptionNames<T>,
): ResolvedAdvancedOptions {
  const checked: AdvancedCacheOptions = definedOf(checkOptions(given, names));
  const options = { ...presetOf(checked.preset), ...checked };
  const logger = safeLogger(options.logger);
  const ttlHours = checkNumber('cacheTtlHours', options.cacheTtlHours ?? 24, 1e-6, 1e6, 'hours');
  return {
    cacheDir: checkCacheDir(options.cacheDir),
    owner: resolveOwner(options.namespace, options.version),
    namesNamespace: options.namespace !== undefined,
    givenSizes: new Set(SIZES.filter((name) => options[name] !== undefined)),
    maxMemoryEntries:
      options.maxMemoryEntries === undefined ? undefined : checkEntries(options.maxMemoryEntries),
    maxMemoryBytes: checkMemoryMb(options.maxMemoryMb ?? defaultMemoryMb(logger)),
    maxDiskSizeMb: checkDiskSize(options.maxDiskSizeMb ?? 200),
    enableCompression: checkBoolean('enableCompression', options.enableCompression ?? true),
    ttlMs: Math.ceil(ttlHours * 3_600_000),
    staleMs: seconds('staleWhileRevalidateSeconds', options.staleWhileRevalidateSeconds),
    negativeTtlMs: seconds('negativeTtlSeconds', options.negativeTtlSeconds),
    validate: checkValidation(options.validate ?? 'stat'),
    remote: checkRemote(options.remote),
    policy: options.policy ?? 'lru',
    logger,
    clock: options.clock,
  };
}

/** An option that is undefined is one left out. */
export function definedOf<T extends object>(options: T): T {
  return Object.fromEntries(
    Object.entries(options).filter(([, value]) => value !== undefined),
  ) as T;
}

export function checkBoolean(name: string, value: unknown): boolean {
  if (typeof value === 'boolean') return value;
  throw argumentTypeError(`${name} must be true or false.`);
}

/** Where the disk tier is if no option says otherwise; undefined for a user without a home. */
export function defaultCacheDir(): string | undefined {
  const { XDG_CACHE_HOME, LOCALAPPDATA } = process.env;
  try {
    if (process.platform === 'win32' && LOCALAPPDATA) {
      return join(LOCALAPPDATA, 'ebbcache', 'Cache');
    }
    if (process.platform === 'darwin') return join(homedir(), 'Library', 'Caches', 'ebbcache');
    return join(XDG_CACHE_HOME || join(homedir(), '.cache'), 'ebbcache');
  } catch {
    return undefined;
  }
}

function presetOf(name: PresetName | undefined): AdvancedCacheOptions {
  if (name === undefined) return {};
  if (!Object.hasOwn(presets, name)) {
    throw argumentRangeError(`preset must be one of ${Object.keys(presets).join(', ')}.`);
  }
  return presets[name];
}

let sizing: MemoryPressureMonitor | undefined;

/** A sixteenth of what limits the process; the least where it cannot be read. */
function defaultMemoryMb(logger: SafeLogger): number {
  const [least, most] = [16, 512];
  try {
    // One for all caches: each holds files of the system open.
    sizing ??= new MemoryPressureMonitor();
    const { systemTotalMb } = sizing.sample();
    return Math.min(Math.max(systemTotalMb / 16, least), most);
  } catch (err) {
    logger.trouble(
      'EBBCACHE_SAMPLE',
      { err },
      `${messageOf(err)} The memory tier has ${least} MiB therefore; give a maxMemoryMb for more.`,
    );
    return least;
  }
}

export function checkEntries(entries: unknown): number {
  return Math.floor(checkNumber('maxMemoryEntries', entries, 1, Number.MAX_SAFE_INTEGER));
}

/** In bytes. */
export function checkMemoryMb(mb: unknown): number {
  return Math.floor(checkNumber('maxMemoryMb', mb, 1, 16384, 'MiB') * MIB);
}

function checkDiskSize(mb: unknown): number {
  return mb === 0 ? 0 : checkNumber('maxDiskSizeMb (if it is not 0)', mb, 1, 65_536, 'MiB');
}

function seconds(name: string, value: unknown): number {
  return Math.ceil(checkNumber(name, value ?? 0, 0, 1e9, 's') * 1000);
}

/** Not to move when the process changes its folder. */
function checkCacheDir(cacheDir: unknown): string {
  const folder = cacheDir ?? defaultCacheDir();
  if (folder === undefined) return '';
  if (typeof folder === 'string' && folder !== '') return resolve(folder);
  throw argumentTypeError('cacheDir must be a string that is not empty.');
}

function checkValidation(validate: Validation): Validation {
  if (VALIDATIONS.includes(validate)) return validate;
  throw argumentRangeError(
    `validate must be one of ${VALIDATIONS.join(', ')}; it is ${show(validate)}.`,
  );
}

function checkRemote(remote: RemoteTier | undefined): RemoteTier | undefined {
  if (
    remote === undefined ||
    REMOTE_METHODS.every((each) => typeof remote?.[each] === 'function')
  ) {
    return remote;
  }
  throw argumentTypeError('remote must be a tier, such as redisTier of ebbcache/redis gives.');
}
