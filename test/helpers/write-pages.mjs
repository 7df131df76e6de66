// Changes an LMDB file until it is killed, and prints a line for each transaction:
// node write-pages.mjs FILE SEED

import { writeSync } from 'node:fs';
import { change, openPages } from './page-files.mjs';
import { seededRandom } from './seeded-random.mjs';

const [path, seed] = process.argv.slice(2);
const pages = openPages(path);
const random = seededRandom(Number(seed));
for (;;) {
  change(pages, random, { count: 100, keys: 900, longest: 20_000, removals: 40 });
  writeSync(1, '.\n');
}
