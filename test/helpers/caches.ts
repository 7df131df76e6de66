import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, vi } from 'vitest';
import { type AdvancedCacheOptions, AdvancedMetadataCache } from '../../lib/index.js';

/** Opens caches with a disk tier in a folder that is new for each test, next to a file. */
export class Caches {
  readonly logger = { debug: vi.fn(), info: vi.fn(), warn: vi.fn(), error: vi.fn() };
  folder = '';
  file = '';
  readonly #made: AdvancedMetadataCache[] = [];

  /** Construct it once for the tests of a file, or of a describe. */
  constructor() {
    beforeEach(() => {
      this.folder = mkdtempSync(join(tmpdir(), 'ebbcache-tiers-'));
      this.file = join(this.folder, 'test.jpg');
      writeFileSync(this.file, 'some bytes');
    });
    afterEach(() => {
      for (const cache of this.#made.splice(0)) cache.shutdown();
      vi.clearAllMocks();
      vi.restoreAllMocks();
      rmSync(this.folder, { recursive: true, force: true });
    });
  }

  get cacheDir(): string {
    return join(this.folder, 'cache');
  }

  make(options: AdvancedCacheOptions = {}): AdvancedMetadataCache {
    const { cacheDir, logger } = this;
    const cache = new AdvancedMetadataCache({ cacheDir, maxMemoryMb: 16, logger, ...options });
    this.#made.push(cache);
    return cache;
  }

  restart(cache: AdvancedMetadataCache, options: AdvancedCacheOptions = {}) {
    cache.shutdown();
    return this.make(options);
  }
}
