// The bytes that an entry adds to a process in memory alone, without a lower tier.

import { inChild } from '../child.mjs';
import { openTiers } from './contenders.mjs';
import { keyOf, readTexts } from './records.mjs';

const WARM_UP = 2_000;

export const measureMemory = inChild(import.meta.url, async ({ name, files, records, entries }) => {
  const texts = await readTexts(records, entries);
  const cache = await openTiers(name, undefined, entries);
  // The first puts create code and buffers that do not grow with the entries.
  for (let i = 0; i < WARM_UP; i++) await cache.put(keyOf(files, i), JSON.parse(texts[i]));
  const before = used();
  for (let i = WARM_UP; i < entries; i++) await cache.put(keyOf(files, i), JSON.parse(texts[i]));
  const after = used();
  const added = entries - WARM_UP;
  if ((await cache.get(keyOf(files, WARM_UP))) === undefined) throw new Error('Nothing was kept.');
  await cache.close();
  // The texts are kept alive until here, so that both numbers include them.
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
