import { checkBoolean } from '../checks/arguments.js';
import { optionNames } from '../checks/option-names.js';
import { argumentTypeError } from '../errors/errors.js';
import { MemoryPressureMonitor } from '../memory/memory-pressure-monitor.js';
import { ADVANCED_NAMES, type AdvancedCacheOptions } from './advanced-options.js';
import { type ResolvedAdvancedOptions, resolveAdvancedOptions } from './resolved-options.js';

/** The options of an EnhancedMetadataCache. An option that is given overrides the preset's. */
export interface EnhancedCacheOptions extends AdvancedCacheOptions {
  /** Whether the cache shrinks and regrows with memory pressure, and reports it. Default true. */
  enableMemoryPressureMonitoring?: boolean;
  /**
   * The monitor that reports memory pressure. Whoever passes a monitor MUST start and stop it. Default: the
   * global monitor.
   */
  monitor?: MemoryPressureMonitor;
}

export const ENHANCED_NAMES = optionNames<EnhancedCacheOptions>('EnhancedMetadataCache', {
  ...ADVANCED_NAMES.names,
  enableMemoryPressureMonitoring: true,
  monitor: true,
});

export interface ResolvedEnhancedOptions extends ResolvedAdvancedOptions {
  enableMemoryPressureMonitoring: boolean;
  monitor: MemoryPressureMonitor | undefined;
}

/** Throws a TypeError or RangeError that names the option and its accepted values. */
export function resolveEnhancedOptions(given?: EnhancedCacheOptions): ResolvedEnhancedOptions {
  return {
    ...resolveAdvancedOptions(given, ENHANCED_NAMES),
    enableMemoryPressureMonitoring: checkBoolean(
      'enableMemoryPressureMonitoring',
      given?.enableMemoryPressureMonitoring ?? true,
    ),
    monitor: checkMonitor(given?.monitor),
  };
}

function checkMonitor(monitor: unknown): MemoryPressureMonitor | undefined {
  if (monitor === undefined || monitor instanceof MemoryPressureMonitor) return monitor;
  throw argumentTypeError('monitor must be a MemoryPressureMonitor.');
}
