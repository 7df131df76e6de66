// Reference hit ratios from a table beside the traces.

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The exact policy that each of ours is compared with, by its name in the table. */
export const REFERENCE_OF = { lru: 'LRU', s3fifo: 'S3FIFO-own-t1' };

/**
 * Returns a function for the object hit ratio of (trace, cache bytes, policy), or undefined, by the
 * folder's hit-ratios.csv, which may be missing.
 */
export function referencesIn(folder) {
  const path = join(folder, 'hit-ratios.csv');
  const ratios = new Map();
  if (existsSync(path)) {
    const [, ...rows] = readFileSync(path, 'utf8').trim().split('\n');
    for (const row of rows) {
      const [trace, , cacheBytes, policy, objectHitRatio] = row.split(',');
      ratios.set(`${trace},${cacheBytes},${policy}`, Number(objectHitRatio));
    }
  }
  return (trace, cacheBytes, policy) => ratios.get(`${trace},${cacheBytes},${policy}`);
}
