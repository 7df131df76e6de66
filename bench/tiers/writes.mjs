// Puts into a filled cache: many at once without waiting, and single ones, each until it is durable.

import { performance } from 'node:perf_hooks';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { inChild } from '../child.mjs';
import { openTiers } from './contenders.mjs';
import { keyOf, readTexts } from './records.mjs';
import { quantiles } from './timing.mjs';

const FRONT = 20_000;
const WARM_UP = 200;

/** Measures puts for the files from number `from` on. */
export const measureWrites = inChild(
  import.meta.url,
  async ({ name, folder, files, records, from, puts, singles }) => {
    const texts = await readTexts(records, WARM_UP + puts + singles);
    const pairs = texts.map((text, i) => [keyOf(files, from + i), JSON.parse(text)]);
    const cache = await openTiers(name, folder, FRONT);
    for (const [key, value] of pairs.splice(0, WARM_UP)) await cache.put(key, value);
    await cache.settle();
    const burst = await measureBurst(cache, pairs.splice(0, puts));
    const durable = await measureSingles(cache, pairs);
    await cache.close();
    return { ...burst, durable: quantiles(durable) };
  },
);

async function measureBurst(cache, pairs) {
  await nextTurn();
  const before = performance.eventLoopUtilization();
  const begun = performance.now();
  const caller = [];
  const promises = [];
  for (const [key, value] of pairs) {
    const started = performance.now();
    const promise = cache.put(key, value);
    caller.push((performance.now() - started) * 1000);
    promises.push(promise);
  }
  await Promise.all(promises);
  await cache.settle();
  const allMs = performance.now() - begun;
  await nextTurn();
  const { active } = performance.eventLoopUtilization(before);
  return { caller: quantiles(caller), threadUs: (active * 1000) / pairs.length, allMs };
}

async function measureSingles(cache, pairs) {
  const times = [];
  for (const [key, value] of pairs) {
    const started = performance.now();
    await cache.put(key, value);
    await cache.settle();
    times.push((performance.now() - started) * 1000);
  }
  return times;
}
