// A disk that takes no more: the cache goes on in memory, and with what the disk has.

import { spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { packageUrl } from './helpers/run-script.js';
import { withTempFolder } from './helpers/temp-folder.js';

const script = fileURLToPath(new URL('./helpers/disk-full.mjs', import.meta.url));
const onLinux = process.platform === 'linux';
const canMount = onLinux && process.geteuid?.() === 0;
if (!canMount)
  console.log('A full file system is not tested: it takes Linux, and root to mount one.');

/** Runs the script by a shell, after the command. */
function putTooMuch(before: string, folder: string) {
  const command = `${before}; exec "${process.execPath}" "${script}" "${packageUrl}" "${folder}"`;
  return spawnSync('bash', ['-c', command], { encoding: 'utf8' });
}

function expectToGoOn({ status, signal, stdout }: ReturnType<typeof putTooMuch>): void {
  expect({ status, signal }).toEqual({ status: 0, signal: null });
  const { found, tierErrors, diskDrops, warnings, ...rest } = JSON.parse(
    stdout.slice(stdout.indexOf('{"refused')),
  );
  expect(rest).toEqual({ refused: 0, isFlushed: false, wrong: 0, isInMemory: true, unhandled: [] });
  // Some of it is on disk, and can be read.
  expect(found).toBeGreaterThan(100);
  expect(tierErrors).toBeGreaterThan(0);
  expect(diskDrops).toBeGreaterThan(100);
  expect(warnings).toEqual([expect.stringMatching(/^The disk tier cannot be used: /)]);
}

describe('a disk that is full', () => {
  it.runIf(onLinux)('by a limit on the size of files', async () => {
    await withTempFolder(async (folder) => {
      expectToGoOn(putTooMuch('ulimit -f 3000', join(folder, 'cache')));
    });
  });

  it.runIf(canMount)('in truth', async () => {
    await withTempFolder(async (folder) => {
      const mounted = join(folder, 'small');
      mkdirSync(mounted);
      expect(spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=3m', 'tmpfs', mounted]).status).toBe(0);
      try {
        expectToGoOn(putTooMuch('true', join(mounted, 'cache')));
      } finally {
        spawnSync('umount', [mounted]);
      }
    });
  });
});
