// The limit of a real memory cgroup, seen and lived within.

import { describe, expect, it } from 'vitest';
import { type MemoryGroup, whyNoGroup, withGroup } from '../bench/memory-group.mjs';
import { runInGroup } from './helpers/group-process.js';
import { packageUrl } from './helpers/run-script.js';

const MIB = 1024 * 1024;
const LIMIT = 256 * MIB;
const reason = whyNoGroup();
// Once for all tests in groups.
if (reason !== undefined) console.log(`Skipped, the tests in memory cgroups: there is ${reason}.`);

const recordsUrl = new URL('../bench/records.mjs', import.meta.url).href;

/** What an ESM script prints as JSON, `ebbcache` being the built package. */
async function runScript(group: MemoryGroup, script: string) {
  const source = `import * as ebbcache from ${JSON.stringify(packageUrl)};
    const print = (result) => console.log(JSON.stringify(result));
    ${script}`;
  const { stdout, ...end } = await runInGroup(group, ['--input-type=module', '--eval', source]);
  expect(end).toEqual({ code: 0, signal: null, stderr: '' });
  return JSON.parse(stdout);
}

describe.skipIf(reason !== undefined)('in a memory cgroup of 256 MiB', () => {
  it('is what limits the process', async () => {
    const stats = await withGroup(LIMIT, (group) =>
      runScript(group, 'print(ebbcache.getGlobalMonitor().getCurrentStats());'),
    );
    expect(stats).toMatchObject({ limitedBy: 'cgroup', systemTotalMb: 256 });
    expect(stats.systemAvailableMb).toBeGreaterThan(100);
    expect(stats.systemAvailableMb).toBeLessThan(256);
  });

  it('gives the cache a sixteenth of it by default', async () => {
    const maxBytes = await withGroup(LIMIT, (group) =>
      runScript(
        group,
        'print(new ebbcache.EnhancedMetadataCache().getDetailedInfo().memoryCache.maxBytes);',
      ),
    );
    expect(maxBytes).toBe(16 * MIB);
  });

  it.each(['lru', 's3fifo'])(
    'is survived by fills of a budget four times as large (%s)',
    async (policy) => {
      await withGroup(LIMIT, async (group) => {
        const { evictions, heldBytes, newest } = await runScript(
          group,
          `
        import { metadataRecords } from ${JSON.stringify(recordsUrl)};
        const cache = new ebbcache.ArenaCache({ maxBytes: 1024 * ${MIB}, policy: '${policy}' });
        const { records } = metadataRecords();
        for (let i = 0; i < 300_000; i++) cache.set('record-' + i, records[i % records.length]);
        // As fast as memory can be written.
        const value = Buffer.alloc(600, 'v');
        for (let i = 0; i < 1_000_000; i++) cache.set('key-' + i, value);
        print({ ...cache.stats(), newest: cache.has('key-999999') });`,
        );
        expect(group.oomKills()).toBe(0);
        // Where the kernel keeps it.
        if (!Number.isNaN(group.peakBytes())) expect(group.peakBytes()).toBeLessThan(240 * MIB);
        expect(newest).toBe(true);
        expect(evictions).toBeGreaterThan(0);
        expect(heldBytes).toBeGreaterThanOrEqual(64 * MIB);
      });
    },
  );
});
