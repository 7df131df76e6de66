// LMDB files as the disk tier has them, and work on them, for tests of their structure.

import { open } from 'lmdb';
import { seededRandom } from './seeded-random.mjs';

/** The file at `path` with its three named databases; `close` it. */
export function openPages(path, options) {
  const root = open({
    path,
    noSubdir: true,
    encoding: 'binary',
    overlappingSync: false,
    noSync: true,
    maxDbs: 3,
    ...options,
  });
  const openDatabase = (name) => root.openDB({ name, encoding: 'binary' });
  const values = openDatabase('values');
  const uses = openDatabase('uses');
  const facts = openDatabase('facts');
  return { root, values, uses, databases: [values, uses, facts], close: () => root.close() };
}

/** Puts and removes `count` random entries of `keys`, in one transaction. */
export function change({ root, databases }, random, { count, keys, longest, removals }) {
  root.transactionSync(() => {
    for (let i = 0; i < count; i++) {
      const database = databases[random(databases.length)];
      const number = random(keys);
      // Keys differ in length by their number, so that one that comes again is the same.
      const key = `${'/folder'.repeat(number % 60)}/${number}`;
      if (random(100) < removals) database.removeSync(key);
      else database.putSync(key, Buffer.alloc(random(longest), number));
    }
  });
}

/** A file with all that the structure can have; what it holds follows from the seed. */
export async function makePages(path, pageSize, seed) {
  const pages = openPages(path, { pageSize });
  const random = seededRandom(seed);
  for (let i = 0; i < 10; i++) {
    change(pages, random, { count: 150, keys: 900, longest: 300, removals: 20 });
    change(pages, random, { count: 10, keys: 900, longest: 20_000, removals: 30 });
  }
  // As long as it reads, what is freed stays free, in an entry for each transaction.
  const reader = pages.root.useReadTransaction();
  for (let i = 0; i < 80; i++) {
    change(pages, random, { count: 5, keys: 900, longest: 1000, removals: 60 });
  }
  reader.done();
  if (seed % 2 === 1) change(pages, random, { count: 2500, keys: 900, longest: 300, removals: 90 });
  await pages.close();
}

/** Keys and values of all databases; the bytes read, so that all of them are. */
export function readAll({ databases }) {
  let sum = 0;
  for (const database of databases) {
    for (const { key, value } of database.getRange({ reverse: false })) {
      sum += key.length;
      for (let at = 0; at < value.length; at += 512) sum += value[at];
    }
    for (const key of database.getKeys({ reverse: true, limit: 100 })) sum += key.length;
  }
  return sum;
}

/** All that a cache does with its file: reads everything, rewrites and removes much, empties it. */
export function workOn(pages, random) {
  readAll(pages);
  for (let i = 0; i < 4; i++) {
    change(pages, random, { count: 150, keys: 900, longest: 1800, removals: 40 });
    change(pages, random, { count: 10, keys: 900, longest: 60_000, removals: 30 });
  }
  readAll(pages);
  change(pages, random, { count: 1500, keys: 900, longest: 300, removals: 95 });
  if (random(2) === 0) pages.databases[random(pages.databases.length)].clearSync();
  change(pages, random, { count: 150, keys: 900, longest: 5000, removals: 10 });
  readAll(pages);
}
