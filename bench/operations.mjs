// The nanoseconds of a get and a put of metadata records: all contenders in one process, rounds
// interleaved.

import { contenders } from './contenders.mjs';
import { keyOf, metadataRecords } from './records.mjs';
import { spread } from './statistics.mjs';

export async function operations({ quick }) {
  const entries = quick ? 2_000 : 20_000;
  const rounds = quick ? 3 : 7;
  const { records, source } = metadataRecords();
  const keys = Array.from({ length: entries }, (_, i) => keyOf(i));
  // The stride shares no factor with the number of entries, so that it visits all, out of order.
  const order = keys.map((_, i) => keys[(i * 7919) % entries]);

  const measured = Object.fromEntries(
    Object.keys(contenders).map((name) => [name, { putNs: [], getNs: [] }]),
  );
  for (let round = 0; round < rounds; round++) {
    for (const [name, open] of Object.entries(contenders)) {
      gc();
      const cache = open(entries);
      const { putNs, getNs } = measured[name];
      putNs.push(
        await nsEach(entries, () => {
          for (let i = 0; i < entries; i++) cache.put(keys[i], records[i % records.length]);
          return cache.settle();
        }),
      );
      let found = 0;
      getNs.push(
        await nsEach(entries, () => {
          for (const key of order) if (cache.get(key) !== undefined) found++;
        }),
      );
      if (found !== entries) throw new Error(`${name} lost ${entries - found} entries.`);
      await cache.close();
    }
  }

  return {
    title: 'Get and put',
    about:
      `Nanoseconds per operation on ${entries} entries of ${source}, ${rounds} rounds in one ` +
      'process: median (least to most). `lru-cache, objects` keeps the object it is given and ' +
      'hands it out again; all others give each caller a copy. `lmdb` is on disk and shared by ' +
      'processes; its puts include the commit, not the sync.',
    tables: [
      {
        columns: ['cache', 'put, ns', 'get, ns'],
        rows: Object.entries(measured).map(([name, { putNs, getNs }]) => [
          name,
          spread(putNs),
          spread(getNs),
        ]),
      },
    ],
    measured,
  };
}

async function nsEach(count, work) {
  const started = process.hrtime.bigint();
  await work();
  return Number(process.hrtime.bigint() - started) / count;
}
