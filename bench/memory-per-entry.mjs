// The bytes that an entry adds to the resident set, in a process for each contender.

import { encode } from 'msgpackr';
import { inChild } from './child.mjs';
import { contenders, nothing, openContender } from './contenders.mjs';
import { keyOf, metadataRecords, smallRecordText } from './records.mjs';

const WARM_UP = 2_000;
/**
 * One in this many records is encoded for the average. It is a prime, so that all of a few records
 * are sampled.
 */
const SAMPLED = 97;

export async function memoryPerEntry({ quick }) {
  const loads = [
    { load: 'small', entries: quick ? 20_000 : 300_000 },
    { load: 'metadata', entries: quick ? 5_000 : 50_000 },
  ];
  const measured = {};
  for (const name of [nothing.name, ...Object.keys(contenders)]) {
    measured[name] = [];
    for (const load of loads) measured[name].push(await residentPerEntry({ name, ...load }));
  }
  const [small, metadata] = Object.values(measured)[0].map(({ encodedBytes }) =>
    encodedBytes.toFixed(0),
  );
  return {
    title: 'Memory per entry',
    about:
      'What an entry adds to the resident set of its process: growth by the number of entries, ' +
      `after a full garbage collection. An entry's key and msgpack are ${small} and ${metadata} ` +
      'bytes on average. `nothing` is what the measurement itself leaves behind. Of `lmdb` only the ' +
      'pages of its file that the process has touched count; the rest is in the page cache.',
    tables: [
      {
        columns: [
          'cache',
          ...loads.map(({ load, entries }) => `${entries} ${load} records, bytes`),
        ],
        rows: Object.entries(measured).map(([name, each]) => [
          name,
          ...each.map(({ residentBytes }) => residentBytes.toFixed(0)),
        ]),
      },
    ],
    measured,
  };
}

const residentPerEntry = inChild(import.meta.url, async ({ name, load, entries }) => {
  const textOf = load === 'small' ? smallRecordText : metadataTextOf();
  const cache = openContender(name, entries);
  // The first puts create code and buffers that do not grow with the entries.
  for (let i = 0; i < WARM_UP; i++) cache.put(keyOf(i), JSON.parse(textOf(i)));
  await cache.settle();
  const before = residentBytes();
  let encoded = 0;
  for (let i = WARM_UP; i < entries; i++) {
    const text = textOf(i);
    if (i % SAMPLED === 0) encoded += SAMPLED * (encode(JSON.parse(text)).length + keyOf(i).length);
    cache.put(keyOf(i), JSON.parse(text));
    // Uncommitted entries would be counted too.
    if (i % 10_000 === 0) await cache.settle();
  }
  await cache.settle();
  const added = entries - WARM_UP;
  const grown = residentBytes() - before;
  await cache.close();
  return { residentBytes: grown / added, encodedBytes: encoded / added };
});

function metadataTextOf() {
  const texts = metadataRecords().records.map((record) => JSON.stringify(record));
  return (i) => texts[i % texts.length];
}

function residentBytes() {
  for (let i = 0; i < 3; i++) gc();
  return process.memoryUsage.rss();
}
