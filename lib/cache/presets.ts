import type { EnhancedCacheOptions } from './enhanced-options.js';

export type PresetName = 'development' | 'staging' | 'production' | 'constrained';

/** Sizes by environment: entries in memory, and MiB on disk (no effect before there is a disk tier). */
export const presets: Record<PresetName, EnhancedCacheOptions> = {
  development: { maxMemoryEntries: 100, maxDiskSizeMb: 50 },
  staging: { maxMemoryEntries: 500, maxDiskSizeMb: 200 },
  production: { maxMemoryEntries: 2000, maxDiskSizeMb: 1000 },
  constrained: { maxMemoryEntries: 200, maxDiskSizeMb: 100 },
};
