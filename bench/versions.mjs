// The versions of this package that are measured side by side: this one, and the one in the built
// checkout that the environment variable EBBCACHE_BEFORE names, if it is set.

import { join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const here = fileURLToPath(new URL('..', import.meta.url));
const before = process.env.EBBCACHE_BEFORE;

/** The folders by name. */
export const versions = { now: here, ...(before ? { before: resolve(before) } : {}) };

/** @param {string} root */
export function packageIn(root) {
  return import(pathToFileURL(join(root, 'dist/index.js')).href);
}

/**
 * Resolves to the results of `measure` for each version: lists of numbers by name, of several
 * turns, so that a drift of the machine affects all versions.
 * @param {number} turns
 * @param {(root: string) => Promise<Record<string, number[]>>} measure
 */
export async function inTurns(turns, measure) {
  const found = Object.fromEntries(Object.keys(versions).map((version) => [version, {}]));
  for (let turn = 0; turn < turns; turn++) {
    for (const [version, root] of Object.entries(versions)) {
      for (const [name, numbers] of Object.entries(await measure(root))) {
        found[version][name] = [...(found[version][name] ?? []), ...numbers];
      }
    }
  }
  return found;
}
