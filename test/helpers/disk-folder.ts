import { mkdtempSync, rmSync, statfsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** The files of tmpfs and ramfs are in memory anyway: they are not page cache that can be dropped. */
const isInMemory = (folder: string) => [0x01021994, 0x858458f6].includes(statfsSync(folder).type);
const parent = [tmpdir(), join(import.meta.dirname, '..', '..')].find((each) => !isInMemory(each));

/** Returns why withDiskFolder() cannot work here; undefined when it can. */
export const whyNoDisk = parent === undefined ? 'no folder that is on a disk' : undefined;

/** Runs `use` with a folder on a disk, which is removed afterwards. */
export async function withDiskFolder(use: (folder: string) => Promise<void>): Promise<void> {
  if (parent === undefined) throw new Error(`There is ${whyNoDisk}.`);
  const folder = mkdtempSync(join(parent, '.cache-ebbcache-test-'));
  try {
    await use(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}
