// Tests workers that end at any moment of their use of a disk tier: none hangs or crashes, and the others continue.
// EBBCACHE_WORKERS sets how many (100 with EBBCACHE_FULL=1, or else 40).

import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { sized } from './helpers/full-size.js';
import { packageUrl, runNode } from './helpers/run-script.js';
import { withTempFolder } from './helpers/temp-folder.js';
import { testSeed } from './helpers/test-seed.js';

const workers = Number(process.env.EBBCACHE_WORKERS ?? sized(100, 40));
const script = fileURLToPath(new URL('./helpers/terminate-disk-workers.mjs', import.meta.url));

it('workers with a disk tier may be terminated', { timeout: 60_000 + workers * 1000 }, async () => {
  await withTempFolder(async (parent) => {
    const half = String(Math.ceil(workers / 2));
    const { stdout, ...outcome } = await runNode([
      script,
      packageUrl,
      join(parent, 'caches'),
      half,
      String(testSeed()),
    ]);
    expect(outcome).toEqual({ code: 0, signal: null, stderr: '' });
    const { ended, drops: _, ...result } = JSON.parse(stdout);
    expect(result).toEqual({
      errors: [],
      isFlushed: true,
      areRecordsFlushed: true,
      found: [1, 1, 100],
    });
    expect(ended.terminated).toBeGreaterThan(workers / 4);
  });
});
