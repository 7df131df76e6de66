// The delay of the event loop under a steady load of gets and puts, in a process for each
// contender.

import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { inChild } from './child.mjs';
import { contenders, nothing, openContender } from './contenders.mjs';
import { keyOf, metadataRecords } from './records.mjs';

const GETS_A_TURN = 18;
const PUTS_A_TURN = 2;

export async function eventLoop({ quick }) {
  const entries = quick ? 2_000 : 50_000;
  const seconds = quick ? 1 : 8;
  const measured = {};
  for (const name of [nothing.name, ...Object.keys(contenders)]) {
    measured[name] = await delayUnderLoad({ name, entries, seconds });
  }
  const { source } = metadataRecords();
  return {
    title: 'Event-loop delay',
    about:
      `Each turn of the event loop does ${GETS_A_TURN} gets and ${PUTS_A_TURN} puts of ${source}, ` +
      `on ${entries} entries, for ${seconds} seconds; the delay is that of a timer of 1 ms.`,
    tables: [
      {
        columns: ['cache', 'p50, ms', 'p99.9, ms', 'most, ms', 'operations a second'],
        rows: Object.entries(measured).map(([name, { p50, p999, max, perSecond }]) => [
          name,
          p50.toFixed(2),
          p999.toFixed(2),
          max.toFixed(2),
          perSecond.toFixed(0),
        ]),
      },
    ],
    measured,
  };
}

const delayUnderLoad = inChild(import.meta.url, async ({ name, entries, seconds }) => {
  const texts = metadataRecords().records.map((record) => JSON.stringify(record));
  const cache = openContender(name, entries);
  const put = (i) => cache.put(keyOf(i % entries), JSON.parse(texts[i % texts.length]));
  for (let i = 0; i < entries; i++) {
    put(i);
    if (i % 10_000 === 0) await cache.settle();
  }
  await cache.settle();

  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  let i = 0;
  let turns = 0;
  const until = performance.now() + 1000 * seconds;
  for (; performance.now() < until; turns++) {
    for (const end = i + GETS_A_TURN; i < end; i++) cache.get(keyOf((i * 7919) % entries));
    for (const end = i + PUTS_A_TURN; i < end; i++) put(i);
    await nextTurn();
  }
  delay.disable();
  await cache.settle();
  await cache.close();
  const ms = (ns) => ns / 1e6;
  return {
    p50: ms(delay.percentile(50)),
    p999: ms(delay.percentile(99.9)),
    max: ms(delay.max),
    perSecond: (turns * (GETS_A_TURN + PUTS_A_TURN)) / seconds,
  };
});
