// A cache of metadata and a file in a folder of their own, made anew for each test of the test file that
// imports this.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, vi } from 'vitest';
import { shutdownMonitoring } from '../../lib/memory/global-monitor.js';
import { EnhancedMetadataCache } from '../../lib/metadata/enhanced-metadata-cache.js';
import type { EnhancedCacheOptions } from '../../lib/metadata/enhanced-options.js';
import { shutdownEnhancedCache } from '../../lib/metadata/global-cache.js';

export const metadata = { tags: ['test'], format: 'image' };

export let folder: string;
export let file: string;
export let cache: EnhancedMetadataCache;

/** Makes a cache that has only its memory tier: the other tiers have tests of their own. */
export function make(options: EnhancedCacheOptions = {}): EnhancedMetadataCache {
  return new EnhancedMetadataCache({
    enableMemoryPressureMonitoring: false,
    maxDiskSizeMb: 0,
    ...options,
  });
}

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ebbcache-enhanced-'));
  file = join(folder, 'test.jpg');
  writeFileSync(file, 'some bytes');
  cache = make();
});

afterEach(() => {
  cache.shutdown();
  shutdownEnhancedCache();
  shutdownMonitoring();
  vi.restoreAllMocks();
  rmSync(folder, { recursive: true, force: true });
});
