import { mkdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Creates `count` empty files and stats them. The kernel keeps a dentry and an inode for each, 1.1 KiB
 * on ext4: slab that is charged to the group of the process, and reclaimable.
 * @param {string} folder
 * @param {number} count
 */
export function makeFiles(folder, count) {
  for (let i = 0; i < count; i++) {
    const inner = join(folder, `${Math.floor(i / 1000)}`);
    if (i % 1000 === 0) mkdirSync(inner);
    writeFileSync(join(inner, `${i}`), '');
    statSync(join(inner, `${i}`));
  }
}
