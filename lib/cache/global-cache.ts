import { isDeepStrictEqual } from 'node:util';
import { EnhancedMetadataCache } from './enhanced-metadata-cache.js';
import { definedOf, type EnhancedCacheOptions } from './enhanced-options.js';

let globalCache: { cache: EnhancedMetadataCache; options: EnhancedCacheOptions } | undefined;

/**
 * The cache that all of a process share. Options count on the first call; a later call with other
 * options gets the same cache, and a process warning.
 */
export function getEnhancedCache(options?: EnhancedCacheOptions): EnhancedMetadataCache {
  if (globalCache === undefined || globalCache.cache.closed) {
    globalCache = { cache: new EnhancedMetadataCache(options), options: definedOf(options ?? {}) };
  } else if (options !== undefined && !isDeepStrictEqual(definedOf(options), globalCache.options)) {
    process.emitWarning(
      'getEnhancedCache was called with options that differ from those of its first call; they do ' +
        'not count. Call shutdownEnhancedCache first, or make an EnhancedMetadataCache of your own.',
      'EbbcacheWarning',
    );
  }
  return globalCache.cache;
}

/** Shuts the shared cache down and forgets it; the next getEnhancedCache makes a new one. */
export function shutdownEnhancedCache(): void {
  globalCache?.cache.shutdown();
  globalCache = undefined;
}
