// The checked options of a cache of metadata, with their defaults.

import { resolve } from 'node:path';
import { checkHotValues } from '../arena/arena-options.js';
import { checkBoolean, checkNumber, checkOptions, definedOf, show } from '../checks/arguments.js';
import type { OptionNames } from '../checks/option-names.js';
import { argumentRangeError, argumentTypeError, messageOf } from '../errors/errors.js';
import { MemoryPressureMonitor } from '../memory/memory-pressure-monitor.js';
import type { LocalTierOptions, SizeName } from '../tiers/open-records.js';
import type { RemoteTier } from '../tiers/remote-tier.js';
import {
  type AdvancedCacheOptions,
  type PresetName,
  VALIDATIONS,
  type Validation,
} from './advanced-options.js';
import { defaultCacheDir } from './default-cache-dir.js';
import { type SafeLogger, safeLogger } from './logger.js';
import { presets } from './presets.js';
import { type RecordOwner, resolveOwner } from './record-owner.js';

const MIB = 1024 * 1024;
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

export interface ResolvedAdvancedOptions extends LocalTierOptions {
  owner: RecordOwner;
  enableCompression: boolean;
  hotValues: number;
  ttlMs: number;
  staleMs: number;
  negativeTtlMs: number;
  validate: Validation;
  remote: RemoteTier | undefined;
  logger: SafeLogger;
}

/** The result of resolving the options that a subclass was given. */
export interface SubclassOptions {
  resolved: ResolvedAdvancedOptions;
  /** Whether the memory tier shrinks under memory pressure. */
  ebb: boolean;
}

/**
 * Throws a TypeError or RangeError that names the option and its accepted values. `names` are the names that
 * the options of a subclass may have.
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
    hotValues: checkHotValues(options.hotValues),
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

function presetOf(name: PresetName | undefined): AdvancedCacheOptions {
  if (name === undefined) return {};
  if (!Object.hasOwn(presets, name)) {
    throw argumentRangeError(`preset must be one of ${Object.keys(presets).join(', ')}.`);
  }
  return presets[name];
}

let sizing: MemoryPressureMonitor | undefined;

/**
 * A sixteenth of the effective memory limit, at least 16 MiB and at most 512 MiB; 16 MiB where the limit
 * cannot be read.
 */
function defaultMemoryMb(logger: SafeLogger): number {
  const [least, most] = [16, 512];
  try {
    // All caches share one monitor, because each monitor holds files of the system open.
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

/** The size in bytes. */
export function checkMemoryMb(mb: unknown): number {
  return Math.floor(checkNumber('maxMemoryMb', mb, 1, 16384, 'MiB') * MIB);
}

function checkDiskSize(mb: unknown): number {
  return mb === 0 ? 0 : checkNumber('maxDiskSizeMb (if it is not 0)', mb, 1, 65_536, 'MiB');
}

function seconds(name: string, value: unknown): number {
  return Math.ceil(checkNumber(name, value ?? 0, 0, 1e9, 's') * 1000);
}

/** The path is absolute, so that the tier does not move when the process changes its folder. */
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
