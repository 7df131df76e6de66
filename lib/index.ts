import './process/require-node.js';

export { ArenaCache } from './arena/arena-cache.js';
export type { ArenaEvents, DiskEvent, Removal, RemovalReason } from './arena/arena-events.js';
export type { ArenaFetchOptions, ValueLoader } from './arena/arena-flights.js';
export type { ArenaCacheOptions, EvictionPolicy } from './arena/arena-options.js';
export type { ArenaStats, DiskStats } from './arena/arena-stats.js';
export type { Clock } from './arena/cache-clock.js';
export type { DiskOptions } from './arena/disk-options.js';
export type { FieldOptions } from './arena/field-paths.js';
export type { SetOptions } from './arena/set-options.js';
export { EncodeError } from './codec/encode-error.js';
export { DiskError } from './errors/disk-error.js';
export { ClosedError, EbbcacheError, SampleError } from './errors/errors.js';
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
export type { MonitorOptions } from './memory/monitor-options.js';
export {
  PressureLevel,
  type PressureLevelName,
  pressureLevelName,
} from './memory/pressure-level.js';
export { AdvancedMetadataCache } from './metadata/advanced-metadata-cache.js';
export type { AdvancedCacheOptions, PresetName, Validation } from './metadata/advanced-options.js';
export type { AdvancedCacheStats } from './metadata/advanced-stats.js';
export type { CacheSizes } from './metadata/cache-sizes.js';
export { EnhancedMetadataCache } from './metadata/enhanced-metadata-cache.js';
export type { EnhancedCacheOptions } from './metadata/enhanced-options.js';
export type { DetailedInfo, EnhancedCacheStats } from './metadata/enhanced-stats.js';
export type { MetadataExtractor } from './metadata/extractions.js';
export type { FetchOptions } from './metadata/fetch-options.js';
export { getEnhancedCache, shutdownEnhancedCache } from './metadata/global-cache.js';
export type { Logger } from './metadata/logger.js';
export { presets } from './metadata/presets.js';
export type { PutOptions } from './metadata/put-options.js';
export type { StoredKey } from './metadata/stored-keys.js';
export type { WarmOptions } from './metadata/warm.js';
export type { NativeApi } from './native/addon.js';
export { includeDir, nativeApi } from './native/native-api.js';
export type { PressureCauses, PressureCount } from './native/pressure-causes.js';
export type { Thresholds } from './native/sampler.js';
export type { MemoryBound } from './tiers/memory-bound.js';
export type { Metadata } from './tiers/metadata.js';
export type { RemoteTier, RemoteTierEvents, RemoteTierStats } from './tiers/remote-tier.js';
