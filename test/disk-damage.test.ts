// The files of a disk tier, damaged at rest and while they are in use: the process lives on, gives nothing
// but what was put last, says once what happened, and writes again. In processes of their own, so that a
// fatal signal would be seen. EBBCACHE_DAMAGE_SEED says which bytes are hit (1).

import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { packageUrl, runNode } from './helpers/run-script.js';
import { withTempFolder } from './helpers/temp-folder.js';

const script = fileURLToPath(new URL('./helpers/disk-damage-trials.mjs', import.meta.url));
const seed = process.env.EBBCACHE_DAMAGE_SEED ?? '1';

interface Trial {
  name: string;
  wrong: unknown[];
  warnings: string[];
  found: number;
  writtenMs?: number;
  isKept: boolean;
  isCleared: boolean;
  works: boolean;
}

/** What the script says of each damage; its last line tells that it came to its end. */
async function run(parent: string, when: 'live' | 'rest'): Promise<Trial[]> {
  const { stdout, ...outcome } = await runNode([script, packageUrl, parent, seed, when]);
  const lines = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  const last = lines.at(-1);
  expect({ ...outcome, last }).toMatchObject({ code: 0, stderr: '', last: { ended: true } });
  return lines.filter(({ wrong }) => wrong !== undefined);
}

describe.skipIf(process.platform === 'win32')('files of a disk tier that are damaged', () => {
  it.each(['live', 'rest'] as const)(
    'are no wrong or old value, and no warning comes twice: %s',
    { timeout: 240_000 },
    async (when) => {
      await withTempFolder(async (parent) => {
        const outcomes = await run(parent, when);
        expect(outcomes.length).toBeGreaterThan(30);
        const good = { wrong: [], isKept: true, isCleared: true, works: true, isWritten: true };
        for (const { name, warnings, found, writtenMs, ...outcome } of outcomes) {
          const isWritten = writtenMs !== undefined;
          expect({ name, isWritten, ...outcome }).toEqual({ name, ...good });
          // Of many flips some hit an entry that is read, and some the header; what is cut while a batch is
          // written is a write that fails first.
          const most = /bytes|cut/.test(name) ? 2 : 1;
          const told = new Set(warnings);
          expect({
            name,
            warnings,
            isTold: told.size <= most && told.size === warnings.length,
          }).toEqual({
            name,
            warnings,
            isTold: true,
          });
          if (name.endsWith(': none')) expect({ found, warnings }).toEqual({ found, warnings: [] });
        }
        const times = outcomes.map(({ writtenMs }) => writtenMs!).sort((a, b) => a - b);
        console.log(`Writes again after ${Math.round(times.at(-1)!)} ms at most, on this machine.`);
      });
    },
  );
});
