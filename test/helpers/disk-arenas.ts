import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, vi } from 'vitest';
import { ArenaCache, type DiskOptions } from '../../lib/index.js';

type ArenaOptions = Partial<ConstructorParameters<typeof ArenaCache>[0]>;

/** Opens caches of values with a disk tier, in a folder that is new for each test. */
export class DiskArenas {
  parent = '';
  readonly #opened: ArenaCache[] = [];

  /** Construct it once for the tests of a file. */
  constructor() {
    beforeEach(() => {
      this.parent = mkdtempSync(join(tmpdir(), 'ebbcache-values-'));
    });
    afterEach(() => {
      for (const cache of this.#opened.splice(0)) cache.close();
      vi.restoreAllMocks();
      rmSync(this.parent, { recursive: true, force: true });
    });
  }

  get dir(): string {
    return join(this.parent, 'values');
  }

  disk(options: Partial<DiskOptions> = {}): DiskOptions {
    return { dir: this.dir, maxBytes: 8 * 1024 * 1024, ...options };
  }

  /** The cache ignores the memory pressure of the machine that runs the test. */
  // biome-ignore lint/suspicious/noExplicitAny: as a user has it who reads what was put
  open(options: ArenaOptions = {}): ArenaCache<any> {
    const cache = new ArenaCache({
      maxBytes: 1024 * 1024,
      ebb: false,
      disk: this.disk(),
      ...options,
    });
    this.#opened.push(cache);
    return cache;
  }

  restart(cache: ArenaCache, options: ArenaOptions = {}) {
    cache.close();
    return this.open(options);
  }
}
