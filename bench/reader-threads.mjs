// The gain of a second worker thread that reads the same shared store.

import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { ArenaCache } from 'ebbcache';
import { inChild } from './child.mjs';
import { keyOf, metadataRecords, smallRecordText } from './records.mjs';
import { median, spread } from './statistics.mjs';

const WARM_UP_ROUNDS = 2;

export async function readerThreads({ quick }) {
  const rounds = quick ? 2 : 9;
  const ms = quick ? 100 : 500;
  const loads = [
    { load: 'small', entries: quick ? 5_000 : 200_000 },
    { load: 'metadata', entries: quick ? 2_000 : 50_000 },
  ];
  const measured = {};
  for (const policy of ['lru', 's3fifo']) {
    for (const load of loads) {
      measured[`${policy}, ${load.load} records`] = await readsBy({ policy, ...load, rounds, ms });
    }
  }
  return {
    title: 'Reader threads',
    about:
      'One store by name, opened by two worker threads that get records out of order: gets a second ' +
      `of one alone and of both, in turns of ${ms} ms. The ratio is that of each two turns: median ` +
      '(least to most).',
    tables: [
      {
        columns: ['store', 'one thread', 'two threads', 'ratio'],
        rows: Object.entries(measured).map(([name, { one, two }]) => [
          name,
          median(one).toFixed(0),
          median(two).toFixed(0),
          spread(
            two.map((rate, i) => rate / one[i]),
            2,
          ),
        ]),
      },
    ],
    measured,
  };
}

const readsBy = inChild(import.meta.url, async ({ policy, load, entries, rounds, ms }) => {
  const store = { name: 'read by threads', maxBytes: 1024 ** 3, policy, ebb: false };
  const cache = new ArenaCache(store);
  const texts =
    load === 'small' ? undefined : metadataRecords().records.map((each) => JSON.stringify(each));
  const textOf = (i) => (texts === undefined ? smallRecordText(i) : texts[i % texts.length]);
  for (let i = 0; i < entries; i++) cache.set(keyOf(i), JSON.parse(textOf(i)));

  const workers = [0, entries >> 1].map(
    (start) =>
      new Worker(new URL('./reader-thread.mjs', import.meta.url), {
        workerData: { store, entries, start },
      }),
  );
  const getsPerSecond = async (readers) => {
    const gets = readers.map(async (worker) => {
      worker.postMessage(ms);
      const [count] = await once(worker, 'message');
      return count;
    });
    return ((await Promise.all(gets)).reduce((sum, count) => sum + count) / ms) * 1000;
  };
  const result = { one: [], two: [] };
  for (let round = -WARM_UP_ROUNDS; round < rounds; round++) {
    const one = await getsPerSecond([workers[Math.abs(round) % 2]]);
    const two = await getsPerSecond(workers);
    if (round < 0) continue;
    result.one.push(one);
    result.two.push(two);
  }
  await Promise.all(workers.map((worker) => worker.terminate()));
  cache.close();
  return result;
});
