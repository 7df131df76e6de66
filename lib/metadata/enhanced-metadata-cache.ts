import { definedOf } from '../checks/arguments.js';
import { getGlobalMonitor } from '../memory/global-monitor.js';
import type { MemoryPressureMonitor, MemorySummary } from '../memory/memory-pressure-monitor.js';
import { type PressureLevel, pressureLevelName } from '../memory/pressure-level.js';
import { AdvancedMetadataCache } from './advanced-metadata-cache.js';
import { type AdvancedCacheStats, percentOf } from './advanced-stats.js';
import {
  type EnhancedCacheOptions,
  type ResolvedEnhancedOptions,
  resolveEnhancedOptions,
} from './enhanced-options.js';
import type { DetailedInfo, EnhancedCacheStats } from './enhanced-stats.js';
import { PressureResponse } from './pressure-response.js';

const MIB = 1024 * 1024;

/**
 * The cache for services: an AdvancedMetadataCache whose memory tier shrinks under memory pressure, and which
 * reports that pressure and its effects. Arguments, results and errors are those of AdvancedMetadataCache.
 */
export class EnhancedMetadataCache extends AdvancedMetadataCache {
  readonly #options: ResolvedEnhancedOptions;
  readonly #monitor: MemoryPressureMonitor | undefined;
  readonly #pressure: PressureResponse;

  constructor(options?: EnhancedCacheOptions) {
    const resolved = resolveEnhancedOptions(options);
    super(options, { resolved, ebb: resolved.enableMemoryPressureMonitoring });
    this.#options = resolved;
    if (resolved.enableMemoryPressureMonitoring) {
      this.#monitor = resolved.monitor ?? getGlobalMonitor();
    }
    this.#pressure = new PressureResponse(this.tiers.local.arena, this.#monitor);
  }

  /** Whether the cache follows memory pressure: the value of the option of the same name. */
  get enableMemoryPressureMonitoring(): boolean {
    return this.#options.enableMemoryPressureMonitoring;
  }

  /**
   * Returns the statistics of AdvancedMetadataCache, the effects of memory pressure on the memory tier, and
   * the summary of the monitor. The summary is left out where the machine cannot be read or no monitor runs.
   */
  override getStats(): EnhancedCacheStats {
    this.assertOpen();
    return this.whileOpen(() => this.#stats(super.getStats()));
  }

  #stats(stats: AdvancedCacheStats): EnhancedCacheStats {
    const summary = this.#memoryStatus();
    const { pressureEvents, pressureEvictions, pressureCauses, pressureReductions } =
      this.tiers.local.stats();
    return {
      ...stats,
      pressureEvents,
      pressureEvictions,
      pressureCauses,
      adaptiveAdjustments: pressureReductions,
      ...('available' in summary ? {} : { memoryPressure: summary }),
    };
  }

  /**
   * Returns the statistics, the contents and limits of each tier, the configuration, and the last ten samples
   * of memory.
   */
  getDetailedInfo(): DetailedInfo {
    this.assertOpen();
    return this.whileOpen(() => this.#detailedInfo());
  }

  #detailedInfo(): DetailedInfo {
    const statistics = this.getStats();
    const { maxBytes, maxEntries, heldBytes, budgetBytes, entries, disk } =
      this.tiers.local.stats();
    const maxDiskSizeMb = (disk?.maxBytes ?? 0) / MIB;
    const remote = this.tiers.remote?.stats();
    const sizeMb = (disk?.bytes ?? 0) / MIB;
    return {
      statistics,
      memoryCache: {
        entries,
        ...(maxEntries > 0 ? { maxEntries } : {}),
        bytes: heldBytes,
        budgetBytes,
        maxBytes,
        bound: statistics.memoryBound,
        usagePercent: percentOf(heldBytes, maxBytes),
      },
      diskCache: {
        enabled: disk !== undefined,
        available: disk?.available ?? false,
        entries: disk?.entries ?? 0,
        sizeMb,
        maxSizeMb: maxDiskSizeMb,
        usagePercent: percentOf(sizeMb, maxDiskSizeMb),
        path: disk?.path ?? this.#options.cacheDir,
      },
      remoteCache: { enabled: remote !== undefined, connected: remote?.connected ?? false },
      configuration: definedOf({
        ...configurationOf(this.#options),
        maxMemoryMb: maxBytes / MIB,
        maxMemoryEntries: maxEntries || undefined,
        maxDiskSizeMb,
      }),
      memoryHistory: (this.#monitor?.getHistory() ?? []).slice(-10).map((sample) => ({
        timestamp: sample.timestamp.toISOString(),
        systemPercent: sample.systemPercent,
        availableMb: sample.systemAvailableMb,
        pressureLevel: pressureLevelName(sample.pressureLevel),
      })),
    };
  }

  /**
   * Returns the monitor's summary; `available` is false when monitoring is off or the machine cannot be read.
   */
  getMemoryStatus(): MemorySummary | { available: false } {
    this.assertOpen();
    return this.#memoryStatus();
  }

  /** A listener of the sample may shut the cache down meanwhile. */
  #memoryStatus(): MemorySummary | { available: false } {
    try {
      return this.#monitor?.getSummary() ?? { available: false };
    } catch {
      return { available: false };
    }
  }

  /**
   * Shrinks at once as under memory pressure of a level, for operators and tests. At ELEVATED, HIGH and
   * CRITICAL 75 %, 50 % and none of the memory tier's records stay, and its budget falls and regrows as after
   * real pressure; NORMAL lifts the budget. Returns the bytes released to the OS.
   */
  applyPressure(level: PressureLevel): number {
    this.assertOpen();
    return this.tiers.local.arena.applyPressure(level);
  }

  /** Stops listening for pressure, and does what AdvancedMetadataCache's shutdown does. */
  override shutdown(): void {
    this.#pressure.stop();
    super.shutdown();
  }
}

/** The options without objects and without names that are internal to this package. */
function configurationOf(options: ResolvedEnhancedOptions): object {
  const { monitor, logger, remote, clock, owner, namesNamespace, givenSizes, ...rest } = options;
  return { ...rest, ...owner };
}
