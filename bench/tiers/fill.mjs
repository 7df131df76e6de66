// Fills a new cache, and returns the bytes that it takes on the disk.

import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { inChild } from '../child.mjs';
import { openTiers } from './contenders.mjs';
import { keyOf, readTexts } from './records.mjs';

const FRONT = 500;
const AT_ONCE = 1000;
const BLOCK_BYTES = 512;

export const fill = inChild(import.meta.url, async ({ name, folder, files, records, entries }) => {
  const texts = await readTexts(records, entries);
  const cache = await openTiers(name, folder, FRONT);
  for (let from = 0; from < entries; from += AT_ONCE) {
    await cache.begin?.();
    for (let i = from; i < Math.min(from + AT_ONCE, entries); i++) {
      await cache.put(keyOf(files, i), JSON.parse(texts[i]));
    }
    await cache.commit?.();
    await cache.settle();
  }
  await cache.close();
  const textBytes = texts.reduce((sum, text) => sum + Buffer.byteLength(text), 0);
  return { textBytes: textBytes / entries, diskBytes: allocatedBytes(folder) / entries };
});

function allocatedBytes(folder) {
  const blocks = readdirSync(folder).map((name) => statSync(join(folder, name)).blocks ?? 0);
  return blocks.reduce((sum, each) => sum + each, 0) * BLOCK_BYTES;
}
