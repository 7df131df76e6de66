// Tests that a process reads the limit of a real memory cgroup and stays within it.

import { describe, expect, it } from 'vitest';
import { type MemoryGroup, whyNoGroup, withGroup } from '../bench/memory-group.mjs';
import { whyNoDisk, withDiskFolder } from './helpers/disk-folder.js';
import { runInGroup } from './helpers/group-process.js';
import { packageUrl } from './helpers/run-script.js';

const MIB = 1024 * 1024;
const LIMIT = 256 * MIB;
const reason = whyNoGroup();
// The reason is found once for all tests in groups.
if (reason !== undefined) console.log(`Skipped, the tests in memory cgroups: there is ${reason}.`);

const recordsUrl = new URL('../bench/records.mjs', import.meta.url).href;
const filesUrl = new URL('./helpers/make-files.mjs', import.meta.url).href;
const groupUrl = new URL('../bench/memory-group.mjs', import.meta.url).href;

/** Returns what an ESM script prints as JSON; `ebbcache` is the built package. */
async function runScript(group: MemoryGroup, script: string) {
  const source = `import * as ebbcache from ${JSON.stringify(packageUrl)};
    const print = (result) => console.log(JSON.stringify(result));
    ${script}`;
  const { stdout, ...end } = await runInGroup(group, ['--input-type=module', '--eval', source]);
  expect(end).toEqual({ code: 0, signal: null, stderr: '' });
  return JSON.parse(stdout);
}

/** The file takes no blocks on the disk, and reading it takes as much page cache as there is. */
const READ_FILE = `
  fs.writeFileSync(folder + '/hollow', '');
  fs.truncateSync(folder + '/hollow', 2 * ${LIMIT});
  const file = fs.openSync(folder + '/hollow');
  const chunk = Buffer.alloc(${MIB});
  while (fs.readSync(file, chunk) > 0);
  fs.closeSync(file);`;

const MAKE_FILES = `
  const { makeFiles } = await import(${JSON.stringify(filesUrl)});
  makeFiles(folder, 60_000);`;

/** Fills the cache as fast as records are encoded, then as fast as memory can be written. */
async function surviveFills(group: MemoryGroup, policy: string, before: string) {
  const { evictions, heldBytes, newest, usedBytes } = await runScript(
    group,
    `
    import fs from 'node:fs';
    import { metadataRecords } from ${JSON.stringify(recordsUrl)};
    import { MemoryGroup } from ${JSON.stringify(groupUrl)};
    ${before}
    const group = new MemoryGroup(${JSON.stringify(group.folder)});
    let usedBytes = 0;
    const note = () => { usedBytes = Math.max(usedBytes, group.unreclaimableBytes()); };
    // Values that are all the same fill a store only where they are stored as they are.
    const plain = { codec: 'msgpack' };
    const cache = new ebbcache.ArenaCache({ maxBytes: 1024 * ${MIB}, policy: '${policy}', ...plain });
    const { records } = metadataRecords();
    for (let i = 0; i < 300_000; i++) {
      cache.set('record-' + i, records[i % records.length]);
      if (i % 5000 === 0) note();
    }
    const value = Buffer.alloc(600, 'v');
    for (let i = 0; i < 1_000_000; i++) {
      cache.set('key-' + i, value);
      if (i % 5000 === 0) note();
    }
    print({ ...cache.stats(), newest: cache.has('key-999999'), usedBytes });`,
  );
  expect(group.oomKills()).toBe(0);
  // The peak includes earlier use up to the limit, where the kernel records it.
  const peakBytes = before === '' ? group.peakBytes() : Number.NaN;
  if (!Number.isNaN(peakBytes)) expect(peakBytes).toBeLessThan(240 * MIB);
  expect(usedBytes).toBeLessThan(240 * MIB);
  expect(newest).toBe(true);
  expect(evictions).toBeGreaterThan(0);
  expect(heldBytes).toBeGreaterThanOrEqual(64 * MIB);
}

describe.skipIf(reason !== undefined)('a memory cgroup of 256 MiB', () => {
  it('limits the process', async () => {
    const stats = await withGroup(LIMIT, (group) =>
      runScript(group, 'print(ebbcache.getGlobalMonitor().getCurrentStats());'),
    );
    expect(stats).toMatchObject({ limitedBy: 'cgroup', systemTotalMb: 256 });
    expect(stats.systemAvailableMb).toBeGreaterThan(100);
    expect(stats.systemAvailableMb).toBeLessThan(256);
  });

  it('sets the default size of the cache to a sixteenth of its limit', async () => {
    const maxBytes = await withGroup(LIMIT, (group) =>
      runScript(
        group,
        'print(new ebbcache.EnhancedMetadataCache().getDetailedInfo().memoryCache.maxBytes);',
      ),
    );
    expect(maxBytes).toBe(16 * MIB);
  });

  it.each(['lru', 's3fifo'])(
    'does not kill a process that fills a budget four times as large (%s)',
    (policy) => withGroup(LIMIT, (group) => surviveFills(group, policy, '')),
  );

  it.skipIf(whyNoDisk !== undefined).each([
    ['page cache', 'lru', READ_FILE],
    ['dentries', 's3fifo', MAKE_FILES],
  ])('does not kill the process when it is full of %s either (%s)', (_what, policy, fill) =>
    withGroup(LIMIT, (group) =>
      withDiskFolder(async (folder) => {
        await surviveFills(group, policy, `const folder = ${JSON.stringify(folder)}; ${fill}`);
      }),
    ),
  );
});
