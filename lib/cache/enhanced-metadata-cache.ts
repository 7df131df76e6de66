import { checkFunction, checkNumber, checkOptions, checkSignal, show } from '../arguments.js';
import { EncodeError } from '../codec/encode-error.js';
import { argumentRangeError, argumentTypeError, ClosedError } from '../errors.js';
import { getGlobalMonitor } from '../memory/global-monitor.js';
import type { MemoryPressureMonitor, MemorySummary } from '../memory/memory-pressure-monitor.js';
import { type PressureLevel, pressureLevelName } from '../memory/pressure-level.js';
import { ArenaCache } from './arena-cache.js';
import {
  type EnhancedCacheOptions,
  type ResolvedEnhancedOptions,
  resolveEnhancedOptions,
} from './enhanced-options.js';
import type { DetailedInfo, EnhancedCacheStats } from './enhanced-stats.js';
import { fileKey } from './file-key.js';
import { fileState } from './file-state.js';
import { PressureResponse } from './pressure-response.js';
import { SingleFlight } from './single-flight.js';

const MIB = 1024 * 1024;
const DEFAULT_TIER = 'default';
/** The cache keeps a list of them, outside its budget. */
const MAX_TIERS = 64;
const DEFAULT_WARM_CONCURRENCY = 4;
const MAX_WARM_CONCURRENCY = 1024;

/** Objects that hold no names and values of their own. */
const NO_RECORDS = [ArrayBuffer, Date, Error, Map, Promise, RegExp, Set];

/** A record of metadata: anything msgpack can carry. Dates, Maps, typed arrays and bigints survive. */
export type Metadata = Record<string, unknown>;

/** Makes the metadata of a file; the signal aborts when nobody waits for it any longer. */
export type MetadataExtractor<T> = (filePath: string, signal: AbortSignal) => Promise<T> | T;

export interface WarmOptions {
  tier?: string;
  /** Files in work at once, 1 to 1024. Default 4. */
  concurrency?: number;
  onProgress?: (done: number, total: number) => void;
}

/**
 * Metadata by file, as long as the file stays as it was: its size, modification time and inode are
 * looked at with every call. A file that is not there has a state too.
 *
 * `tier` names one of several records of the same file ('quick', 'full'); 'default' if left out. A
 * cache keeps records of that and 64 others at most.
 *
 * Errors: a TypeError or RangeError with the code 'ERR_EBBCACHE_ARGUMENT' for arguments of the wrong
 * kind, an EncodeError for metadata that cannot be stored, a ClosedError after shutdown(). Nothing
 * about a file, the machine or a tier throws: it is a miss, or false.
 */
export class EnhancedMetadataCache {
  readonly #options: ResolvedEnhancedOptions;
  /** File's state and metadata, by file and tier. */
  readonly #memory: ArenaCache<[state: string, metadata: Metadata]>;
  readonly #monitor: MemoryPressureMonitor | undefined;
  readonly #pressure: PressureResponse;
  readonly #flights = new SingleFlight<Metadata>();
  /** Those that have, or may have, records; the default one always may. */
  readonly #tiers = new Set<string>();
  #memoryHits = 0;
  #misses = 0;
  #writes = 0;
  #invalidations = 0;
  #tierErrors = 0;
  #closed = false;

  constructor(options?: EnhancedCacheOptions) {
    this.#options = resolveEnhancedOptions(options);
    const { maxMemoryBytes, maxMemoryEntries, ttlMs, policy } = this.#options;
    const ebb = this.#options.enableMemoryPressureMonitoring;
    this.#memory = new ArenaCache({
      maxBytes: maxMemoryBytes,
      maxEntries: maxMemoryEntries,
      ttl: ttlMs,
      policy,
      ebb,
    });
    if (ebb) this.#monitor = this.#options.monitor ?? getGlobalMonitor();
    this.#pressure = new PressureResponse(this.#memory, this.#monitor);
  }

  /** Whether shutdown() was called. */
  get closed(): boolean {
    return this.#closed;
  }

  get enableMemoryPressureMonitoring(): boolean {
    return this.#options.enableMemoryPressureMonitoring;
  }

  /**
   * The metadata stored for this state of the file, or undefined. Never throws for a missing or
   * unreadable file.
   */
  get<T extends Metadata = Metadata>(filePath: string, tier: string = DEFAULT_TIER): T | undefined {
    this.#assertOpen();
    const key = fileKey(filePath, tier);
    return this.#lookUp(key, fileState(filePath)) as T | undefined;
  }

  /**
   * Stores a copy of the metadata for this state of the file. True when at least one tier took it;
   * false when it fits none, or the path is nothing that has a state (a folder, an unreadable file).
   * `extractionTimeMs` is what it took to extract.
   */
  put(
    filePath: string,
    metadata: Metadata,
    tier: string = DEFAULT_TIER,
    extractionTimeMs = 0,
  ): boolean {
    this.#assertOpen();
    const key = this.#keyToStore(filePath, tier);
    checkMetadata(metadata);
    checkNumber('extractionTimeMs', extractionTimeMs, 0, Infinity, 'ms');
    return this.#store(key, fileState(filePath), metadata, extractionTimeMs);
  }

  /**
   * get, or one call of `extract` shared by all who wait for it, then put. All of them get the same
   * object. A caller whose `signal` aborts stops waiting; the extraction's signal aborts when nobody
   * waits. A rejection goes to all who wait and is not cached; neither is the result when the file
   * has changed in the meantime, or was invalidated.
   */
  async fetch<T extends Metadata = Metadata>(
    filePath: string,
    extract: MetadataExtractor<T>,
    options?: { tier?: string; signal?: AbortSignal },
  ): Promise<T> {
    this.#assertOpen();
    const { tier = DEFAULT_TIER, signal } = checkOptions(options);
    const key = this.#keyToStore(filePath, tier);
    checkFunction('extract', extract);
    checkSignal(signal);
    signal?.throwIfAborted();
    const state = fileState(filePath);
    const hit = this.#lookUp(key, state);
    if (hit !== undefined) return hit as T;
    const work = async (shared: AbortSignal, isCurrent: () => boolean) => {
      const started = performance.now();
      const metadata = await extract(filePath, shared);
      checkMetadata(metadata);
      if (!this.#closed && isCurrent() && fileState(filePath) === state) {
        this.#store(key, state, metadata, performance.now() - started);
      }
      return metadata;
    };
    return (await this.#flights.run(key, String(state), work, signal)) as T;
  }

  /** Forgets what is stored for the file: in one tier, or in all of them if `tier` is left out. */
  invalidateFile(filePath: string, tier?: string): void {
    this.#assertOpen();
    const keys =
      tier === undefined
        ? [DEFAULT_TIER, ...this.#tiers].map((each) => fileKey(filePath, each))
        : [fileKey(filePath, tier)];
    for (const key of keys) {
      this.#flights.forget(key);
      if (this.#memory.delete(key)) this.#invalidations++;
    }
  }

  /** Forgets everything and gives its memory back; counters stay. */
  clearAll(): void {
    this.#assertOpen();
    this.#flights.forgetAll();
    this.#memory.clear();
    this.#tiers.clear();
  }

  getStats(): EnhancedCacheStats {
    this.#assertOpen();
    const memory = this.#memory.stats();
    const hits = this.#memoryHits;
    const totalRequests = hits + this.#misses;
    const summary = this.getMemoryStatus();
    return {
      hits,
      misses: this.#misses,
      totalRequests,
      hitRatePercent: percentOf(hits, totalRequests),
      memoryHits: this.#memoryHits,
      diskHits: 0,
      remoteHits: 0,
      evictions: memory.evictions,
      cacheWrites: this.#writes,
      cacheInvalidations: this.#invalidations,
      tierErrors: this.#tierErrors,
      memoryCacheSize: memory.entries,
      memoryBytes: memory.heldBytes,
      memoryPayloadBytes: memory.payloadBytes,
      memoryBudgetBytes: memory.budgetBytes,
      diskEntries: 0,
      diskBytes: 0,
      pressureEvents: this.#pressure.events,
      pressureEvictions: memory.pressureEvictions,
      adaptiveAdjustments: this.#pressure.adjustments,
      ...('available' in summary ? {} : { memoryPressure: summary }),
    };
  }

  getDetailedInfo(): DetailedInfo {
    const statistics = this.getStats();
    const { maxBytes, heldBytes, budgetBytes, entries } = this.#memory.stats();
    const { monitor: _monitor, logger: _logger, ...configuration } = this.#options;
    return {
      statistics,
      memoryCache: {
        entries,
        maxEntries: this.#options.maxMemoryEntries,
        bytes: heldBytes,
        budgetBytes,
        maxBytes,
        usagePercent: percentOf(heldBytes, maxBytes),
      },
      diskCache: {
        enabled: false,
        entries: 0,
        sizeMb: 0,
        maxSizeMb: this.#options.maxDiskSizeMb,
        usagePercent: 0,
        path: this.#options.cacheDir,
      },
      remoteCache: { enabled: false, connected: false },
      configuration: { ...configuration, maxMemoryMb: maxBytes / MIB },
      memoryHistory: (this.#monitor?.getHistory() ?? []).slice(-10).map((sample) => ({
        timestamp: sample.timestamp.toISOString(),
        systemPercent: sample.systemPercent,
        availableMb: sample.systemAvailableMb,
        pressureLevel: pressureLevelName(sample.pressureLevel),
      })),
    };
  }

  /** What the monitor says; not available when monitoring is off or the machine cannot be read. */
  getMemoryStatus(): MemorySummary | { available: false } {
    this.#assertOpen();
    try {
      return this.#monitor?.getSummary() ?? { available: false };
    } catch {
      return { available: false };
    }
  }

  /**
   * Gives way at once as to memory pressure of a level, for operators and tests: at ELEVATED, HIGH
   * and CRITICAL 75 %, 50 % and nothing of the memory tier's records stay, and its budget falls and
   * regrows as after real pressure; NORMAL lifts the budget. Returns the bytes given back to the OS.
   */
  applyPressure(level: PressureLevel): number {
    this.#assertOpen();
    return this.#pressure.apply(level);
  }

  /**
   * Extracts what is not cached yet. Resolves with, for each path, whether it is in the cache now; a
   * file whose extraction fails is not.
   */
  async warmCache(
    filePaths: string[],
    extract: (filePath: string) => Promise<Metadata> | Metadata,
    options?: WarmOptions,
  ): Promise<Record<string, boolean>> {
    this.#assertOpen();
    if (!Array.isArray(filePaths)) throw argumentTypeError('filePaths must be an array of paths.');
    checkFunction('extract', extract);
    const given = checkOptions(options);
    const { tier = DEFAULT_TIER, concurrency = DEFAULT_WARM_CONCURRENCY, onProgress } = given;
    checkNumber('concurrency', concurrency, 1, MAX_WARM_CONCURRENCY, 'files');
    if (!Number.isInteger(concurrency)) {
      throw argumentRangeError(`concurrency must be a whole number; it is ${concurrency}.`);
    }
    if (onProgress !== undefined) checkFunction('onProgress', onProgress);
    for (const filePath of filePaths) this.#keyToStore(filePath, tier);
    let done = 0;
    const queue = filePaths.values();
    const worker = async () => {
      for (const filePath of queue) {
        try {
          await this.fetch(filePath, extract, { tier });
        } catch (error) {
          if (error instanceof ClosedError) throw error;
          this.#options.logger.warn(
            { err: error, filePath },
            'warming the cache: extraction failed',
          );
        }
        onProgress?.(++done, filePaths.length);
      }
    };
    const workers = Math.min(concurrency, filePaths.length);
    await Promise.all(Array.from({ length: workers }, worker));
    return Object.fromEntries(filePaths.map((each) => [each, this.#isCached(each, tier)]));
  }

  /** Stops listening for pressure and gives all memory back. May be called again. */
  shutdown(): void {
    this.#closed = true;
    this.#pressure.stop();
    this.#memory.close();
  }

  [Symbol.dispose](): void {
    this.shutdown();
  }

  #isCached(filePath: string, tier: string): boolean {
    const state = fileState(filePath);
    return state !== undefined && this.#memory.peek(fileKey(filePath, tier))?.[0] === state;
  }

  #keyToStore(filePath: string, tier: string): string {
    const key = fileKey(filePath, tier);
    if (tier === DEFAULT_TIER || this.#tiers.has(tier)) return key;
    if (this.#tiers.size === MAX_TIERS) {
      throw argumentRangeError(
        `There are records of ${MAX_TIERS} tiers already. Use fewer tiers, or clearAll first.`,
      );
    }
    this.#tiers.add(tier);
    return key;
  }

  #lookUp(key: string, state: string | undefined): Metadata | undefined {
    const stored = state === undefined ? undefined : this.#readMemory(key);
    if (stored !== undefined && stored[0] === state) {
      this.#memoryHits++;
      return stored[1];
    }
    // Of another state of the file: nobody will ask for it again.
    if (stored !== undefined) this.#memory.delete(key);
    this.#misses++;
    return undefined;
  }

  #readMemory(key: string): [state: string, metadata: Metadata] | undefined {
    try {
      return this.#memory.get(key);
    } catch (error) {
      this.#tierErrors++;
      this.#options.logger.warn({ err: error }, 'the memory tier could not be read');
      return undefined;
    }
  }

  #store(key: string, state: string | undefined, metadata: Metadata, cost: number): boolean {
    if (state === undefined) return false;
    const stored = this.#setMemory(key, state, metadata, cost);
    if (stored) this.#writes++;
    return stored;
  }

  #setMemory(key: string, state: string, metadata: Metadata, cost: number): boolean {
    try {
      return this.#memory.set(key, [state, metadata], { cost });
    } catch (error) {
      if (!(error instanceof EncodeError)) throw error;
      // The path within the metadata, which is second beside its state.
      const path = error.path.replace(/^\[1\]\.?/, '');
      throw new EncodeError(path, error.reason, { cause: error.cause });
    }
  }

  #assertOpen(): void {
    if (this.#closed) {
      throw new ClosedError(
        'The cache is shut down. Make a new EnhancedMetadataCache, or shut this one down later.',
      );
    }
  }
}

function checkMetadata(metadata: unknown): void {
  const isRecord =
    typeof metadata === 'object' &&
    metadata !== null &&
    !Array.isArray(metadata) &&
    !ArrayBuffer.isView(metadata) &&
    !NO_RECORDS.some((each) => metadata instanceof each);
  if (!isRecord) {
    throw argumentTypeError(
      `Metadata must be an object of names and values; it is ${show(metadata)}.`,
    );
  }
}

function percentOf(part: number, whole: number): number {
  return whole === 0 ? 0 : (100 * part) / whole;
}
