// The limit of a real memory cgroup, seen and lived within.

import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { runInCgroup, whyNoCgroup } from './helpers/cgroup.js';

const root = join(import.meta.dirname, '..');
const MIB = 1024 * 1024;
const reason = whyNoCgroup();
if (reason !== undefined) console.log(`Skipped, the tests in a real cgroup: ${reason}.`);

function runScript(script: string) {
  return runInCgroup(256 * MIB, ['--input-type=module', '--eval', script], root);
}

describe.skipIf(reason !== undefined)('in a memory cgroup of 256 MiB', () => {
  it('is what limits the process', () => {
    const { status, stdout } = runScript(`
      import { getGlobalMonitor } from 'ebbcache';
      const { limitedBy, systemTotalMb, systemAvailableMb } = getGlobalMonitor().getCurrentStats();
      console.log(JSON.stringify({ limitedBy, systemTotalMb, systemAvailableMb }));
    `);
    expect(status).toBe(0);
    const stats = JSON.parse(stdout);
    expect(stats).toMatchObject({ limitedBy: 'cgroup', systemTotalMb: 256 });
    expect(stats.systemAvailableMb).toBeGreaterThan(100);
    expect(stats.systemAvailableMb).toBeLessThan(256);
  });

  it('gives the cache a sixteenth of it by default', () => {
    const { stdout } = runScript(`
      import { EnhancedMetadataCache } from 'ebbcache';
      console.log(new EnhancedMetadataCache().getDetailedInfo().memoryCache.maxBytes);
    `);
    expect(Number(stdout)).toBe(16 * MIB);
  });

  it('is survived by a fill with a budget of four times as much', () => {
    const { status, signal, stdout } = runScript(`
      import { ArenaCache } from 'ebbcache';
      const cache = new ArenaCache({ maxBytes: 1024 * ${MIB} });
      const value = Buffer.alloc(600, 'v');
      for (let i = 0; i < 1_000_000; i++) cache.set('key-' + i, value);
      const { evictions, heldBytes } = cache.stats();
      console.log(JSON.stringify({ evictions, heldBytes, newest: cache.has('key-999999') }));
    `);
    expect(signal).toBeNull();
    expect(status).toBe(0);
    const stats = JSON.parse(stdout);
    expect(stats.newest).toBe(true);
    expect(stats.evictions).toBeGreaterThan(0);
    expect(stats.heldBytes).toBeGreaterThan(32 * MIB);
    expect(stats.heldBytes).toBeLessThan(256 * MIB);
  });
});
