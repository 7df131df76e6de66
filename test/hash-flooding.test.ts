import { execFile, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { withTempFolder } from './helpers/temp-folder.js';

const run = promisify(execFile);
const program = fileURLToPath(
  new URL('../build/native/test/ebbcache_hash_flooding', import.meta.url),
);

const missing = !existsSync(program)
  ? 'the C++ tests are not built (Debian: libgtest-dev)'
  : spawnSync('valgrind', ['--version']).status !== 0
    ? 'valgrind, which counts instructions, is missing (Debian: valgrind)'
    : undefined;
if (missing !== undefined) console.log(`Hash flooding is not tested: ${missing}.`);

/** Counts the instructions of all look-ups of some of the family's 100,000 keys, with all of them stored. */
async function instructionsOf(family: string, folder: string): Promise<number> {
  const keys = join(folder, family);
  await run(program, ['craft', family, keys]);
  const { stdout, stderr } = await run('valgrind', [
    '--tool=callgrind',
    `--callgrind-out-file=${keys}.callgrind`,
    '--toggle-collect=ebbcache::Store::getValue(*',
    program,
    'get',
    keys,
  ]);
  expect(stdout).toBe('100000 keys, 20000 hits\n');
  return Number(/Collected : (\d+)/.exec(stderr)?.[1]);
}

describe.skipIf(missing !== undefined)(
  'a cache with 100,000 keys that were made to collide',
  () => {
    it('executes at most twice the instructions that it does for other keys', async () => {
      await withTempFolder(async (folder) => {
        const crafted = [
          'unseeded-low-bits',
          'unseeded-middle-bits',
          'unseeded-high-bits',
          'unseeded-zero-factor',
          'times-31',
          'times-33',
          'long-unseeded-low-bits',
        ];
        // All families run at once, because instructions are counted, not time.
        const families = ['random', 'long-random', ...crafted];
        const counts = await Promise.all(families.map((family) => instructionsOf(family, folder)));
        const [random = 0, longRandom = 0, ...all] = counts;
        expect(Math.min(random, longRandom)).toBeGreaterThan(20_000);
        for (const [i, instructions] of all.entries()) {
          const others = crafted[i]?.startsWith('long-') ? longRandom : random;
          expect(instructions / others, crafted[i]).toBeLessThanOrEqual(2);
        }
      });
    }, 240_000);
  },
);
