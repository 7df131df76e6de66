// Tests processes and threads that work on one folder with constant evictions, while one process after the other is
// killed: no value is wrong or stale, no process ends in another way, and the folder never exceeds the budget.
// EBBCACHE_HAMMER_SECONDS sets the duration (5), and EBBCACHE_TEST_SEED the keys.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { packageUrl, runNode } from './helpers/run-script.js';
import { seededRandom } from './helpers/seeded-random.mjs';
import { withTempFolder } from './helpers/temp-folder.js';
import { testSeed } from './helpers/test-seed.js';

const seconds = Number(process.env.EBBCACHE_HAMMER_SECONDS ?? 5);
const script = fileURLToPath(new URL('./helpers/disk-hammer.mjs', import.meta.url));

interface Outcome {
  wrong: unknown[];
  warnings: string[];
  hits: number;
  disk: { hits: number; evictions: number; errors: number };
}

function bytesIn(folder: string): number {
  try {
    return readdirSync(folder).reduce((sum, name) => sum + statSync(join(folder, name)).size, 0);
  } catch {
    // The file does not exist yet.
    return 0;
  }
}

it('many processes that use one folder do not interfere with each other', {
  timeout: 60_000 + seconds * 2000,
}, async () => {
  await withTempFolder(async (parent) => {
    const folder = join(parent, 'cache');
    const random = seededRandom(testSeed());
    const args = (range: number, threads: number) =>
      [script, packageUrl, folder, seconds, range, threads, random(2 ** 31)].map(String);
    const ends = Date.now() + seconds * 1000;
    let peak = 0;
    const watch = async () => {
      for (; Date.now() < ends; await setTimeout(5)) peak = Math.max(peak, bytesIn(folder));
    };
    const killOthers = async () => {
      let killed = 0;
      while (Date.now() < ends) {
        const child = spawn(process.execPath, args(7, 0), { stdio: 'ignore' });
        const exited = once(child, 'exit');
        await setTimeout(400 + random(1100));
        child.kill('SIGKILL');
        expect(await exited).toEqual([null, 'SIGKILL']);
        killed++;
      }
      return killed;
    };
    const [one, other, killed] = await Promise.all([
      runNode(args(0, 2)),
      runNode(args(4, 1)),
      killOthers(),
      watch(),
    ]);
    expect(killed).toBeGreaterThan(1);
    expect(peak).toBeGreaterThan(5 << 20);
    expect(peak).toBeLessThanOrEqual(6 << 20);
    for (const { stdout, ...ended } of [one, other]) {
      expect(ended).toEqual({ code: 0, signal: null, stderr: '' });
      const { outcomes, errors } = JSON.parse(stdout) as { outcomes: Outcome[]; errors: string[] };
      expect(errors).toEqual([]);
      for (const { wrong, warnings, disk } of outcomes) {
        expect({ wrong, warnings, errors: disk.errors }).toEqual({
          wrong: [],
          warnings: [],
          errors: 0,
        });
        expect(disk.hits).toBeGreaterThan(0);
      }
      expect(outcomes[0]!.disk.evictions).toBeGreaterThan(0);
    }
    if (process.env.EBBCACHE_HAMMER_SECONDS) console.log({ killed, peak });
  });
});
