import { statSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Looks for so many files that are not there. The kernel keeps a dentry for each, which with a name of
 * this length takes 448 bytes: slab that is charged to the group of the process, and reclaimable.
 * @param {string} folder
 * @param {number} count
 */
export function lookUpNames(folder, count) {
  const tail = 'x'.repeat(200);
  for (let i = 0; i < count; i++) statSync(join(folder, `${i}-${tail}`), { throwIfNoEntry: false });
}
