import type { AdvancedCacheOptions, PresetName } from './advanced-options.js';

/** Sizes by environment: entries in memory, and MiB on disk. */
export const presets: Record<PresetName, AdvancedCacheOptions> = {
  development: { maxMemoryEntries: 100, maxDiskSizeMb: 50 },
  staging: { maxMemoryEntries: 500, maxDiskSizeMb: 200 },
  production: { maxMemoryEntries: 2000, maxDiskSizeMb: 1000 },
  constrained: { maxMemoryEntries: 200, maxDiskSizeMb: 100 },
};
