import { isDeepStrictEqual } from 'node:util';
import { checkOptions, definedOf } from '../checks/arguments.js';
import { warn } from '../process/warnings.js';
import { EnhancedMetadataCache } from './enhanced-metadata-cache.js';
import { ENHANCED_NAMES, type EnhancedCacheOptions } from './enhanced-options.js';

let globalCache: { cache: EnhancedMetadataCache; options: EnhancedCacheOptions } | undefined;

/**
 * Returns the cache that all callers in a thread of JavaScript share. The caches of several threads share the
 * memory and the disk tier, and the extractions in flight.
 *
 * The options of the first call apply; a later call with other options gets the same cache, and emits a
 * process warning.
 *
 * @throws TypeError or RangeError with the code 'ERR_EBBCACHE_ARGUMENT', naming the option.
 */
export function getEnhancedCache(options?: EnhancedCacheOptions): EnhancedMetadataCache {
  const given = definedOf(checkOptions(options, ENHANCED_NAMES));
  if (globalCache === undefined || globalCache.cache.closed) {
    globalCache = { cache: new EnhancedMetadataCache(given), options: given };
  } else if (options !== undefined && !isDeepStrictEqual(given, globalCache.options)) {
    warn(
      'EBBCACHE_OPTIONS',
      'getEnhancedCache was called with options that differ from those of its first call; they do ' +
        'not count. Call shutdownEnhancedCache first, or make an EnhancedMetadataCache of your own.',
    );
  }
  return globalCache.cache;
}

/** Shuts the shared cache down and drops it; the next getEnhancedCache makes a new one. */
export function shutdownEnhancedCache(): void {
  globalCache?.cache.shutdown();
  globalCache = undefined;
}
