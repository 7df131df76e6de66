// The time after their time to live for which many small entries are still held: until the last one
// is counted as expired, and until 9 of 10 bytes are back with the system. No call reads them: the
// governor's thread finds them.
//
//   node bench/expired-entries.mjs [turns]     after npm run build; default 3 turns

import { setTimeout as sleep } from 'node:timers/promises';
import { isMainThread } from 'node:worker_threads';
import { inChild } from './child.mjs';
import { tableText } from './report.mjs';
import { spread } from './statistics.mjs';
import { inTurns, packageIn, versions } from './versions.mjs';

const ENTRIES = 1_400_000;
const VALUE_BYTES = 40;
const MAX_MS = 60_000;

const measure = inChild(import.meta.url, async ({ root }) => {
  const { ArenaCache } = await packageIn(root);
  const cache = new ArenaCache({ maxBytes: 1024 ** 3 });
  const value = Buffer.alloc(VALUE_BYTES, 'v');
  // All entries expire at once, after the last one has been put.
  const end = Date.now() + 10_000;
  for (let i = 0; i < ENTRIES; i++) cache.setBytes(`key ${i}`, value, { ttl: end - Date.now() });
  const held = cache.stats().heldBytes;
  if (Date.now() >= end) throw new Error('The entries expired while they were put.');
  await sleep(end - Date.now());
  const msUntil = async (condition) => {
    while (!condition(cache.stats()) && Date.now() - end < MAX_MS) await sleep(5);
    return Date.now() - end;
  };
  const expired = await msUntil((stats) => stats.expirations === ENTRIES);
  const released = await msUntil((stats) => stats.heldBytes < held / 10);
  cache.close();
  return {
    'ms until all are counted': [expired],
    'ms until 9 of 10 bytes are released': [released],
  };
});

if (isMainThread && process.send === undefined) {
  const turns = Number(process.argv[2] ?? 3);
  const names = Object.keys(versions);
  const found = await inTurns(turns, (root) => measure({ root }));
  const rows = Object.keys(found.now).map((name) => [
    name,
    ...names.map((each) => spread(found[each][name], 0)),
  ]);
  console.log(tableText({ columns: [`${turns} turns, ${ENTRIES} entries`, ...names], rows }));
}
