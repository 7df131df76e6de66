import { checkBoolean } from '../checks/arguments.js';
import { optionNames } from '../checks/option-names.js';
import { argumentTypeError } from '../errors/errors.js';
import { MemoryPressureMonitor } from '../memory/memory-pressure-monitor.js';
import { ADVANCED_NAMES, type AdvancedCacheOptions } from './advanced-options.js';
import { type ResolvedAdvancedOptions, resolveAdvancedOptions } from './resolved-options.js';

/** Options of an EnhancedMetadataCache. Those given override the preset's. */
export interface EnhancedCacheOptions extends AdvancedCacheOptions {
  /** Shrink and regrow with memory pressure, and report it. Default true. */
  enableMemoryPressureMonitoring?: boolean;
  /** What tells of memory pressure. Default: the global monitor. One given here is started and stopped by its owner. */
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

/** Throws a TypeError or RangeError that names the option and what it may be. */
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
