import './require-node.js';

export {
  AdvancedMetadataCache,
  type FetchOptions,
  type StoredKey,
} from './cache/advanced-metadata-cache.js';
export type { AdvancedCacheOptions, Validation } from './cache/advanced-options.js';
export type { AdvancedCacheStats } from './cache/advanced-stats.js';
export {
  ArenaCache,
  type ArenaEvents,
  type ArenaFetchOptions,
  type ArenaStats,
  type DiskEvent,
  type DiskOptions,
  type DiskStats,
  type Removal,
  type RemovalReason,
  type SetOptions,
  type ValueLoader,
} from './cache/arena-cache.js';
export type { ArenaCacheOptions, EvictionPolicy } from './cache/arena-options.js';
export type { Clock } from './cache/cache-clock.js';
export type { CacheSizes } from './cache/cache-sizes.js';
export { EnhancedMetadataCache } from './cache/enhanced-metadata-cache.js';
export type { EnhancedCacheOptions } from './cache/enhanced-options.js';
export type { DetailedInfo, EnhancedCacheStats } from './cache/enhanced-stats.js';
export type { MetadataExtractor } from './cache/extractions.js';
export { getEnhancedCache, shutdownEnhancedCache } from './cache/global-cache.js';
export type { Logger } from './cache/logger.js';
export type { MemoryBound } from './cache/memory-bound.js';
export { type PresetName, presets } from './cache/presets.js';
export type { PutOptions } from './cache/put-options.js';
export type { WarmOptions } from './cache/warm.js';
export { EncodeError } from './codec/encode-error.js';
export { ClosedError, EbbcacheError, SampleError } from './errors.js';
export type { FilePath } from './files/file-path.js';
export { CircularFetchError } from './flights/circular-fetch-error.js';
export { getGlobalMonitor, shutdownMonitoring } from './memory/global-monitor.js';
export { configureGovernor, type GovernorStatus, getGovernorStatus } from './memory/governor.js';
export type { GovernorOptions } from './memory/governor-options.js';
export {
  MemoryPressureMonitor,
  type MemorySummary,
  type MonitorEvents,
  type PressureCallback,
} from './memory/memory-pressure-monitor.js';
export type { MemoryStats, PsiAverages } from './memory/memory-stats.js';
export type { MonitorOptions, Thresholds } from './memory/monitor-options.js';
export type { PressureCauses, PressureCount } from './memory/pressure-causes.js';
export {
  PressureLevel,
  type PressureLevelName,
  pressureLevelName,
} from './memory/pressure-level.js';
export { includeDir, type NativeApi, nativeApi } from './native-api.js';
export { DiskError } from './tiers/disk-error.js';
export type { Metadata } from './tiers/metadata.js';
export type { RemoteTier, RemoteTierEvents, RemoteTierStats } from './tiers/remote-tier.js';
