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
 * The cache for services: an AdvancedMetadataCache whose memory tier shrinks under memory pressure, and
 * that tells what it sees of it. Arguments, results and errors are those of AdvancedMetadataCache.
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

  /** Whether the cache follows memory pressure: the option of this name. */
  get enableMemoryPressureMonitoring(): boolean {
    return this.#options.enableMemoryPressureMonitoring;
  }

  /**
   * What AdvancedMetadataCache tells, what memory pressure did to the memory tier, and the summary of the
   * monitor, which is left out where the machine cannot be read or nothing monitors it.
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
   * The statistics with what each tier holds and may hold, the configuration, and the last ten samples of
   * memory.
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

  /** What the monitor says; not available when monitoring is off or the machine cannot be read. */
  getMemoryStatus(): MemorySummary | { available: false } {
    this.assertOpen();
    return this.#memoryStatus();
  }

  /** A sample's listener may shut the cache down. */
  #memoryStatus(): MemorySummary | { available: false } {
    try {
      return this.#monitor?.getSummary() ?? { available: false };
    } catch {
      return { available: false };
    }
  }

  /**
   * Shrinks at once as under memory pressure of a level, for operators and tests: at ELEVATED, HIGH
   * and CRITICAL 75 %, 50 % and nothing of the memory tier's records stay, and its budget falls and
   * regrows as after real pressure; NORMAL lifts the budget. Returns the bytes given back to the OS.
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

/** What may be shown: no objects that work, and no names of this package's own. */
function configurationOf(options: ResolvedEnhancedOptions): object {
  const { monitor, logger, remote, clock, owner, namesNamespace, givenSizes, ...rest } = options;
  return { ...rest, ...owner };
}
