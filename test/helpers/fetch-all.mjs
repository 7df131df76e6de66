// Fetches many files in an order of its own once it is asked to, as one of several processes that share a folder.
// It then prints how many it extracted, and what was wrong: node fetch-all.mjs URL_OF_PACKAGE FOLDER FILES SEED

import { setTimeout } from 'node:timers/promises';
import { metadataOf, versionOf } from './disk-records.mjs';
import { seededRandom } from './seeded-random.mjs';

const [packageUrl, cacheDir, files, seed] = process.argv.slice(2);
const { AdvancedMetadataCache } = await import(packageUrl);
const random = seededRandom(Number(seed));
const warnings = [];
const note = (_, message) => warnings.push(message);
const cache = new AdvancedMetadataCache({
  cacheDir,
  maxDiskSizeMb: 100,
  maxMemoryMb: 8,
  validate: 'none',
  logger: { debug() {}, info() {}, warn: note, error: note },
});

const left = Array.from({ length: Number(files) }, (_, i) => `/files/${i}.jpg`);
for (let i = left.length - 1; i > 0; i--) {
  const other = random(i + 1);
  [left[i], left[other]] = [left[other], left[i]];
}

const extracted = [];
const wrong = [];
async function work() {
  for (let path = left.pop(); path !== undefined; path = left.pop()) {
    const found = await cache.fetch(path, async () => {
      extracted.push(path);
      await setTimeout(random(3));
      return metadataOf(path, 1);
    });
    if (versionOf(path, found) !== 1) wrong.push(path);
  }
}

process.once('message', async () => {
  await Promise.all(Array.from({ length: 8 }, work));
  cache.shutdown();
  process.send({ extracted, wrong, warnings });
  process.disconnect();
});
process.send('ready');
