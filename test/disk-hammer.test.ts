// Processes and threads that work on one folder, with evictions all the time, where one process after the
// other is killed: no wrong value, no error, no end but the one that was asked for.
// EBBCACHE_HAMMER_SECONDS says for how long (5). With EBBCACHE_HAMMER_TERMINATE workers are terminated too;
// one that is so in the middle of a transaction (it opens or closes its cache) makes the process hang:
// the database's package then never gives up its lock.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { packageUrl, runNode } from './helpers/run-script.js';
import { withTempFolder } from './helpers/temp-folder.js';

const seconds = Number(process.env.EBBCACHE_HAMMER_SECONDS ?? 5);
const script = fileURLToPath(new URL('./helpers/disk-hammer.mjs', import.meta.url));

interface Outcome {
  wrong: string[];
  warnings: string[];
  tierErrors: number;
  diskBytes: number;
  diskHits: number;
}

it('many who use one folder do each other no harm', {
  timeout: 60_000 + seconds * 2000,
}, async () => {
  await withTempFolder(async (parent) => {
    const folder = join(parent, 'cache');
    const args = (lasts: number, workers: number, seed: number) =>
      [script, packageUrl, folder, lasts, workers, seed].map(String);
    const ends = Date.now() + seconds * 1000;
    const killOthers = async () => {
      let killed = 0;
      while (Date.now() < ends) {
        const child = spawn(process.execPath, args(seconds, 0, 50 + killed), { stdio: 'ignore' });
        const exited = once(child, 'exit');
        await setTimeout(300 + ((killed * 397) % 1100));
        child.kill('SIGKILL');
        expect(await exited).toEqual([null, 'SIGKILL']);
        killed++;
      }
      return killed;
    };
    const [one, other, killed] = await Promise.all([
      runNode(args(seconds, 4, 1)),
      runNode(args(seconds, 0, 2)),
      killOthers(),
    ]);
    expect(killed).toBeGreaterThan(1);
    for (const { stdout, ...ended } of [one, other]) {
      expect(ended).toEqual({ code: 0, signal: null, stderr: '' });
      const { outcomes, errors, terminated } = JSON.parse(stdout);
      expect(errors).toEqual([]);
      for (const { diskBytes, diskHits: _, ...found } of outcomes as Outcome[]) {
        expect(found).toEqual({ wrong: [], warnings: [], tierErrors: 0 });
        // Readers that were killed, or are busy, hold pages for a while, so that more are taken; not forever.
        expect(diskBytes).toBeLessThan(64 * 1024 * 1024);
      }
      expect(outcomes[0].diskHits).toBeGreaterThan(0);
      if (process.env.EBBCACHE_HAMMER_SECONDS) console.log(killed, terminated, outcomes[0]);
    }
  });
});
