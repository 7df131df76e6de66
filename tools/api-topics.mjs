// The order and grouping of docs/api.md: every export of every entry point is in exactly one topic.

/** The title, a sentence, and the exports of each entry point, the main ones first. */
export const TOPICS = [
  {
    title: 'Metadata by file',
    about: 'Records that belong to one state of a file. [Tiers](tiers.md) explains them.',
    exports: {
      ebbcache: [
        'EnhancedMetadataCache',
        'AdvancedMetadataCache',
        'getEnhancedCache',
        'shutdownEnhancedCache',
        'EnhancedCacheOptions',
        'AdvancedCacheOptions',
        'PutOptions',
        'FetchOptions',
        'WarmOptions',
        'CacheSizes',
        'MetadataExtractor',
        'Metadata',
        'FilePath',
        'StoredKey',
        'Validation',
        'presets',
        'PresetName',
        'Logger',
        'EnhancedCacheStats',
        'AdvancedCacheStats',
        'DetailedInfo',
        'MemoryBound',
      ],
    },
  },
  {
    title: 'Values by key',
    about: 'A store of values by key, in bytes outside the JavaScript heap.',
    exports: {
      ebbcache: [
        'ArenaCache',
        'ArenaCacheOptions',
        'SetOptions',
        'ArenaFetchOptions',
        'ValueLoader',
        'DiskOptions',
        'EvictionPolicy',
        'Clock',
        'ArenaEvents',
        'Removal',
        'RemovalReason',
        'DiskEvent',
        'ArenaStats',
        'DiskStats',
      ],
    },
  },
  {
    title: 'Memory pressure',
    about:
      'What the machine says, and what caches do then. [Memory pressure](pressure.md) explains it.',
    exports: {
      ebbcache: [
        'PressureLevel',
        'pressureLevelName',
        'PressureLevelName',
        'configureGovernor',
        'getGovernorStatus',
        'GovernorOptions',
        'GovernorStatus',
        'getGlobalMonitor',
        'shutdownMonitoring',
        'MemoryPressureMonitor',
        'MonitorOptions',
        'Thresholds',
        'MonitorEvents',
        'PressureCallback',
        'MemoryStats',
        'MemorySummary',
        'PsiAverages',
        'PressureCauses',
        'PressureCount',
      ],
    },
  },
  {
    title: 'Metadata from files',
    about: 'Extractors for images and facts of every other file: the entry `ebbcache/extract`.',
    exports: {
      'ebbcache/extract': [
        'extractFile',
        'extractAll',
        'ExtractFileOptions',
        'ExtractAllOptions',
        'ExtractRecord',
        'PathList',
        'SkipCallback',
      ],
    },
  },
  {
    title: 'Remote tiers',
    about:
      'The entry `ebbcache/redis`, and what a tier of your own has to do. See [Redis](redis.md).',
    exports: {
      'ebbcache/redis': ['redisTier', 'RedisTierOptions', 'IoredisClient', 'NodeRedisClient'],
      ebbcache: ['RemoteTier', 'RemoteTierEvents', 'RemoteTierStats'],
    },
  },
  {
    title: 'Keyv',
    about: 'The entry `ebbcache/keyv`. See [Adapters](adapters.md).',
    exports: { 'ebbcache/keyv': ['KeyvEbbcache', 'KeyvSetEntry'] },
  },
  {
    title: 'Native code',
    about: 'What another addon needs. See [Stores from native code](native-api.md).',
    exports: { ebbcache: ['nativeApi', 'includeDir', 'NativeApi'] },
  },
  {
    title: 'Errors',
    about: 'Every error has a `code`. [Errors](errors.md) has a table of them.',
    exports: {
      ebbcache: [
        'EbbcacheError',
        'EncodeError',
        'ClosedError',
        'CircularFetchError',
        'SampleError',
        'DiskError',
      ],
      'ebbcache/extract': ['ExtractError'],
    },
  },
];
