// The files of a disk tier, damaged at rest and while they are in use: the process lives on, gives
// nothing that was not put, says once what is amiss, and works again. How: in processes of their own, as
// LMDB ends one that it is given the wrong bytes. EBBCACHE_DAMAGE_TRIALS says how many folders are damaged
// at rest (twice each way if it is not set), EBBCACHE_DAMAGE_SEED how (1).

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { packageUrl, runNode } from './helpers/run-script.js';
import { withTempFolder } from './helpers/temp-folder.js';

const isWindows = process.platform === 'win32';
const helper = (name: string) => fileURLToPath(new URL(`./helpers/${name}`, import.meta.url));
const trials = process.env.EBBCACHE_DAMAGE_TRIALS ?? '120';
const seed = process.env.EBBCACHE_DAMAGE_SEED ?? '1';

/** What is in the way of these files is somebody else's, and stays until that removes it. */
const IN_THE_WAY = [
  'a file in place of the folder',
  'use.lock linked elsewhere',
  ...['folder', 'folder with a file', 'dangling symlink', 'FIFO', 'device'].map(
    (what) => `use.lock: ${what}`,
  ),
  ...['data.mdb', 'lock.mdb'].flatMap((name) => [`${name}: folder`, `${name}: folder with a file`]),
];

/** What the script says of each damage; its last line tells that it came to its end. */
async function run(script: string, args: string[]): Promise<Record<string, unknown>[]> {
  const { stdout, ...outcome } = await runNode([helper(script), packageUrl, ...args]);
  const lines = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  const last = lines.at(-1);
  expect({ ...outcome, last }).toMatchObject({ code: 0, stderr: '', last: { ended: true } });
  return lines.filter(({ wrong }) => wrong !== undefined);
}

describe.skipIf(isWindows)('files of a disk tier that were damaged', () => {
  it('at rest are no wrong value, no signal, and no more than one warning', async () => {
    await withTempFolder(async (parent) => {
      const outcomes = await run('disk-damage-trials.mjs', [parent, seed, '0', trials]);
      expect(outcomes.length).toBe(Number(trials));
      const goOn = { puts: 150, inMemory: 3, invalidated: 0, wrong: [], isCleared: true };
      for (const { name, warned, works, flushed, found, ...outcome } of outcomes) {
        const isInTheWay = IN_THE_WAY.includes(name as string);
        expect({ name, works, ...outcome }).toMatchObject({ name, works: !isInTheWay, ...goOn });
        expect({ name, isWarned: warned === 0 || warned === 1 }).toEqual({ name, isWarned: true });
        // Nothing is lost in silence but what nobody can know of any more.
        const isLoss = found !== 300 && !/^no |^data.mdb: .*removed/.test(name as string);
        expect({ name, warned }).toEqual({ name, warned: isLoss || !flushed ? 1 : 0 });
      }
      // What is linked to is not ours.
      const elsewhere = readdirSync(parent).filter((name) => name.startsWith('elsewhere-'));
      expect(elsewhere.sort()).toEqual([
        'elsewhere-clean.json',
        'elsewhere-data.mdb',
        'elsewhere-lock.mdb',
        'elsewhere-use.lock',
      ]);
      expect(readFileSync(join(parent, 'elsewhere-data.mdb')).length).toBeGreaterThan(1_000_000);
    });
  });

  it('while it is used are misses, and what was forgotten or replaced meanwhile stays so', async () => {
    await withTempFolder(async (parent) => {
      const outcomes = await run('disk-live-trials.mjs', [parent, seed]);
      const good = { wrong: [], isCleared: true, works: true, isKept: true };
      for (const { name, warned, warnedInAll, infos, flushedLater, ...outcome } of outcomes) {
        expect({ name, ...outcome }).toMatchObject({ name, ...good });
        const isUnharmed = name === 'none' || name === 'clean.json written';
        const once = isUnharmed ? 0 : 1;
        const told = { warned: once, warnedInAll: once, infos: once };
        expect({ name, warned, warnedInAll, infos }).toEqual({ name, ...told });
        // After a while it works again, unless what is there is somebody else's.
        const isOurs = name !== 'data.mdb replaced by text';
        expect({ name, flushedLater }).toEqual({ name, flushedLater: isOurs });
      }
      expect(outcomes.length).toBeGreaterThan(10);
    });
  });
});
