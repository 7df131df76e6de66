import { afterEach } from 'vitest';
import { ArenaCache, type ArenaCacheOptions } from '../../lib/index.js';

type Open = <V = unknown>(options?: Partial<ArenaCacheOptions>) => ArenaCache<V>;

/**
 * Opens caches that are closed after the test, and that ignore the memory pressure of the machine. `defaults`
 * are options of all of them.
 */
export function openedArenas(defaults: Partial<ArenaCacheOptions> = {}): Open {
  const opened: ArenaCache<never>[] = [];
  afterEach(() => {
    for (const cache of opened.splice(0)) cache.close();
  });
  return <V>(options: Partial<ArenaCacheOptions> = {}) => {
    const cache = new ArenaCache<V>({ maxBytes: 1024 * 1024, ebb: false, ...defaults, ...options });
    opened.push(cache as unknown as ArenaCache<never>);
    return cache;
  };
}
