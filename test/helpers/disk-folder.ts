import { mkdtempSync, rmSync, statfsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Files of tmpfs and ramfs lie in memory anyway: they are no page cache that can be dropped. */
const isInMemory = (folder: string) => [0x01021994, 0x858458f6].includes(statfsSync(folder).type);
const parent = [tmpdir(), join(import.meta.dirname, '..', '..')].find((each) => !isInMemory(each));

/** Why withDiskFolder() cannot work here; undefined when it can. */
export const whyNoDisk = parent === undefined ? 'no folder that is on a disk' : undefined;

/** A folder on a disk, which is gone afterwards. */
export async function withDiskFolder(use: (folder: string) => Promise<void>): Promise<void> {
  if (parent === undefined) throw new Error(`There is ${whyNoDisk}.`);
  const folder = mkdtempSync(join(parent, '.cache-ebbcache-test-'));
  try {
    await use(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}
