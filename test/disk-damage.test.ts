// Tests files of a disk tier that are damaged at rest and in use: the process survives, returns only what was put
// last, reports the damage once, and writes again. Each runs in a process of its own, so that a fatal signal would
// be seen. EBBCACHE_TEST_SEED sets which bytes are damaged (1).

import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { packageUrl, runNode } from './helpers/run-script.js';
import { withTempFolder } from './helpers/temp-folder.js';
import { testSeed } from './helpers/test-seed.js';

const script = fileURLToPath(new URL('./helpers/disk-damage-trials.mjs', import.meta.url));

interface Trial {
  name: string;
  wrong: unknown[];
  warnings: string[];
  /** The indexes of keys, by the format of the file. */
  fate: { survive: number[]; vanish: number[]; maxLost: number };
  /** Whether each key was found right after the damage; undefined for a file in use. */
  survivors?: boolean[];
  /** What was found of the last puts after more work, and how many of those values were dropped. */
  missing: number;
  drops: number;
  isWritten: boolean;
  isKept: boolean;
  isCleared: boolean;
  works: boolean;
}

/** The report of the script for each damage; its last line says that it has finished. */
async function run(parent: string, when: 'live' | 'rest'): Promise<Trial[]> {
  const { stdout, ...outcome } = await runNode([
    script,
    packageUrl,
    parent,
    String(testSeed(1)),
    when,
  ]);
  const lines = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  const last = lines.at(-1);
  expect({ ...outcome, last }).toMatchObject({ code: 0, stderr: '', last: { ended: true } });
  return lines.filter(({ wrong }) => wrong !== undefined);
}

function expectFate(name: string, fate: Trial['fate'], survivors: boolean[]): void {
  const lost = survivors.flatMap((isFound, i) => (isFound ? [] : [i]));
  const unjustified = {
    lost: fate.survive.filter((i) => !survivors[i]),
    found: fate.vanish.filter((i) => survivors[i]),
  };
  expect({ name, ...unjustified }).toEqual({ name, lost: [], found: [] });
  expect(lost.length, name).toBeLessThanOrEqual(fate.maxLost);
}

describe.skipIf(process.platform === 'win32')('damaged files of a disk tier', () => {
  it.each(['live', 'rest'] as const)(
    'yield no wrong or stale value, every undamaged record, and no warning twice: %s',
    { timeout: 240_000 },
    async (when) => {
      await withTempFolder(async (parent) => {
        const outcomes = await run(parent, when);
        expect(outcomes.length).toBeGreaterThan(30);
        const good = { wrong: [], isKept: true, isCleared: true, works: true, isWritten: true };
        for (const { name, warnings, fate, survivors, missing, drops, ...outcome } of outcomes) {
          expect({ name, ...outcome }).toEqual({ name, ...good });
          if (survivors !== undefined) expectFate(name, fate, survivors);
          // A file without damage has all records except those that the queue had no room for.
          if (fate.maxLost === 0) expect({ name, warnings }).toEqual({ name, warnings: [] });
          if (fate.maxLost === 0) expect(missing, name).toBeLessThanOrEqual(drops);
          // Some of many flips hit an entry that is read, and some the header. A file that is truncated while a
          // batch is written makes that write fail first.
          const maxWarnings = /bytes|cut/.test(name) ? 2 : 1;
          const told = new Set(warnings);
          expect({ name, warnings: [...told] }).toEqual({ name, warnings });
          expect(warnings.length, name).toBeLessThanOrEqual(maxWarnings);
        }
      });
    },
  );
});
