// What an entry adds to a process in memory alone: no tier below.

import { inChild } from '../child.mjs';
import { openTiers } from './contenders.mjs';
import { keyOf, readTexts } from './records.mjs';

const WARM_UP = 2_000;

export const measureMemory = inChild(import.meta.url, async ({ name, files, records, entries }) => {
  const texts = await readTexts(records, entries);
  const cache = await openTiers(name, undefined, entries);
  // Code and buffers that do not grow with the entries.
  for (let i = 0; i < WARM_UP; i++) await cache.put(keyOf(files, i), JSON.parse(texts[i]));
  const before = used();
  for (let i = WARM_UP; i < entries; i++) await cache.put(keyOf(files, i), JSON.parse(texts[i]));
  const after = used();
  const added = entries - WARM_UP;
  if ((await cache.get(keyOf(files, WARM_UP))) === undefined) throw new Error('Nothing was kept.');
  await cache.close();
  // Held until here: what the texts take is in both numbers.
  if (texts.length !== entries) throw new Error('Texts were lost.');
  return {
    residentBytes: (after.rss - before.rss) / added,
    heapBytes: (after.heapUsed - before.heapUsed) / added,
  };
});

function used() {
  for (let i = 0; i < 3; i++) gc();
  return process.memoryUsage();
}
