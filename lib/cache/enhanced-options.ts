import { homedir } from 'node:os';
import { join } from 'node:path';
import { checkNumber, checkOptions } from '../arguments.js';
import { argumentRangeError, argumentTypeError } from '../errors.js';
import { MemoryPressureMonitor } from '../memory/memory-pressure-monitor.js';
import type { EvictionPolicy } from './arena-options.js';
import { type Logger, safeLogger } from './logger.js';
import { type PresetName, presets } from './presets.js';

const MIB = 1024 * 1024;

/** Options of an EnhancedMetadataCache. Those given override the preset's. */
export interface EnhancedCacheOptions {
  /**
   * Where the disk tier will live; there is none yet, so this has no effect. Default: the user's
   * cache directory (XDG_CACHE_HOME and its equivalents).
   */
  cacheDir?: string;
  /** Entries in memory at most, 1 or more. Default 500. */
  maxMemoryEntries?: number;
  /**
   * Byte budget of the memory tier, MiB, 1 to 16384. Default: 1/16 of the effective memory limit,
   * 16 to 512.
   */
  maxMemoryMb?: number;
  /** Budget of the disk tier, MiB; no effect yet. 0 turns it off. Default 200. */
  maxDiskSizeMb?: number;
  /** Whether the disk tier compresses; no effect yet. Default true. */
  enableCompression?: boolean;
  /** Time to live, hours, above 0. Default 24. */
  cacheTtlHours?: number;
  /** Shrink and regrow with memory pressure, and report it. Default true. */
  enableMemoryPressureMonitoring?: boolean;
  /** Default: the global monitor. One given here is started and stopped by its owner. */
  monitor?: MemoryPressureMonitor;
  /** Which entry goes when room is needed. Default 'lru'. */
  policy?: EvictionPolicy;
  /** Sizes by environment; see `presets`. */
  preset?: PresetName;
  /** Default: none. */
  logger?: Logger;
}

export interface ResolvedEnhancedOptions {
  cacheDir: string;
  maxMemoryEntries: number;
  maxMemoryBytes: number;
  maxDiskSizeMb: number;
  enableCompression: boolean;
  ttlMs: number;
  enableMemoryPressureMonitoring: boolean;
  monitor: MemoryPressureMonitor | undefined;
  policy: EvictionPolicy;
  logger: Logger;
}

/** Throws a TypeError or RangeError that names the option and what it may be. */
export function resolveEnhancedOptions(given?: EnhancedCacheOptions): ResolvedEnhancedOptions {
  const options = { ...presetOf(given?.preset), ...definedOf(checkOptions(given)) };
  const ttlHours = checkNumber('cacheTtlHours', options.cacheTtlHours ?? 24, 1e-6, 1e6, 'hours');
  return {
    cacheDir: checkString('cacheDir', options.cacheDir ?? defaultCacheDir()),
    maxMemoryEntries: Math.floor(
      checkNumber('maxMemoryEntries', options.maxMemoryEntries ?? 500, 1, Number.MAX_SAFE_INTEGER),
    ),
    maxMemoryBytes: Math.floor(
      checkNumber('maxMemoryMb', options.maxMemoryMb ?? defaultMemoryMb(), 1, 16384, 'MiB') * MIB,
    ),
    maxDiskSizeMb: checkNumber('maxDiskSizeMb', options.maxDiskSizeMb ?? 200, 0, 1e9, 'MiB'),
    enableCompression: checkBoolean('enableCompression', options.enableCompression ?? true),
    ttlMs: Math.ceil(ttlHours * 3_600_000),
    enableMemoryPressureMonitoring: checkBoolean(
      'enableMemoryPressureMonitoring',
      options.enableMemoryPressureMonitoring ?? true,
    ),
    monitor: checkMonitor(options.monitor),
    policy: options.policy ?? 'lru',
    logger: safeLogger(options.logger),
  };
}

/** An option that is undefined is one left out. */
export function definedOf(options: EnhancedCacheOptions): EnhancedCacheOptions {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
}

function presetOf(name: PresetName | undefined): EnhancedCacheOptions {
  if (name === undefined) return {};
  if (!Object.hasOwn(presets, name)) {
    throw argumentRangeError(`preset must be one of ${Object.keys(presets).join(', ')}.`);
  }
  return presets[name];
}

/** A sixteenth of what limits the process; the least where it cannot be read. */
function defaultMemoryMb(): number {
  const [least, most] = [16, 512];
  try {
    const { systemTotalMb } = new MemoryPressureMonitor().sample();
    return Math.min(Math.max(systemTotalMb / 16, least), most);
  } catch {
    return least;
  }
}

function defaultCacheDir(): string {
  const { XDG_CACHE_HOME, LOCALAPPDATA } = process.env;
  if (process.platform === 'win32' && LOCALAPPDATA) return join(LOCALAPPDATA, 'ebbcache', 'Cache');
  if (process.platform === 'darwin') return join(homedir(), 'Library', 'Caches', 'ebbcache');
  return join(XDG_CACHE_HOME || join(homedir(), '.cache'), 'ebbcache');
}

function checkString(name: string, value: unknown): string {
  if (typeof value === 'string' && value !== '') return value;
  throw argumentTypeError(`${name} must be a string that is not empty.`);
}

function checkBoolean(name: string, value: unknown): boolean {
  if (typeof value === 'boolean') return value;
  throw argumentTypeError(`${name} must be true or false.`);
}

function checkMonitor(monitor: unknown): MemoryPressureMonitor | undefined {
  if (monitor === undefined || monitor instanceof MemoryPressureMonitor) return monitor;
  throw argumentTypeError('monitor must be a MemoryPressureMonitor.');
}
