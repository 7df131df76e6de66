// The duration of a get of a small value from one thread, from two threads, and beside a thread
// that overwrites a large value of the same store: nanoseconds of the median and of the 99.9th
// percentile. It alternates with the version before.
//
//   node bench/get-latency.mjs [turns] [milliseconds]     after npm run build; default 7 turns of 1000 ms

import { buildForAll, runProgram } from './native-program.mjs';
import { tableText } from './report.mjs';
import { median, spread } from './statistics.mjs';
import { inTurns, versions } from './versions.mjs';

const turns = Number(process.argv[2] ?? 7);
const ms = Number(process.argv[3] ?? 1000);
const BARS = { median: 1.03, p999: 1.1 };

const programs = buildForAll('get-latency', ['get_latency.cc']);
const rows = [];
for (const kind of ['alone', 'two', 'writer']) {
  for (const policy of ['lru', 's3fifo']) {
    for (const bytes of [200, 1000, 4000]) {
      const found = await inTurns(turns, async (root) => {
        const [{ median, p999 }] = runProgram(programs[root], [kind, policy, bytes, ms]);
        return { median: [median], p999: [p999] };
      });
      for (const name of ['median', 'p999']) {
        rows.push([`${kind}, ${policy}, ${bytes} B`, name, ...cells(found, name)]);
      }
    }
  }
}
console.log(
  tableText({
    columns: ['gets', 'ns', ...Object.keys(versions), ...('before' in versions ? ['ratio'] : [])],
    rows,
  }),
);

function cells(found, name) {
  const all = Object.keys(versions).map((version) => spread(found[version][name]));
  if (!('before' in versions)) return all;
  // Each turn is compared with its neighbour: the machine drifts by more than the differences to be
  // seen.
  const ratio = median(found.now[name].map((now, turn) => now / found.before[name][turn]));
  return [...all, `${ratio.toFixed(3)}${ratio > BARS[name] ? ` (above ${BARS[name]})` : ''}`];
}
