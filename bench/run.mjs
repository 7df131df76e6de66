// Runs all benchmarks, or those that are named, and keeps their results in bench/results.
//   npm run bench [-- NAME ...] [--quick]     --quick keeps nothing: it only shows that all run

import { codec } from './codec.mjs';
import { eventLoop } from './event-loop.mjs';
import { gcPauses } from './gc-pauses.mjs';
import { hotPath } from './hot-path.mjs';
import { memoryPerEntry } from './memory-per-entry.mjs';
import { native } from './native.mjs';
import { operations } from './operations.mjs';
import { pressureCost } from './pressure-cost.mjs';
import { readerThreads } from './reader-threads.mjs';
import { reads } from './reads.mjs';
import { keep, pageText } from './report.mjs';
import { tiers } from './tiers.mjs';

/**
 * The benchmarks in the order in which they run. Each is called with `{ quick }` and resolves to a
 * `title`, a sentence `about` it, `tables` of `columns` and `rows`, and the numbers `measured`.
 */
const benchmarks = {
  operations,
  'hot-path': hotPath,
  codec,
  reads,
  'memory-per-entry': memoryPerEntry,
  'gc-pauses': gcPauses,
  'event-loop': eventLoop,
  'reader-threads': readerThreads,
  'pressure-cost': pressureCost,
  native,
};
/** These run only when they are named. */
const onRequest = { tiers };
const all = { ...benchmarks, ...onRequest };

const options = process.argv.slice(2);
const quick = options.includes('--quick');
const names = options.filter((option) => option !== '--quick');
const unknown = names.filter((name) => !(name in all));
if (unknown.length > 0) {
  throw new Error(
    `There is no benchmark ${unknown.join(', ')}. There are ${Object.keys(all).join(', ')}.`,
  );
}

for (const name of names.length > 0 ? names : Object.keys(benchmarks)) {
  const started = performance.now();
  const result = await all[name]({ quick });
  console.log(`\n${pageText(result)}`);
  console.log(`\n${name} took ${((performance.now() - started) / 1000).toFixed(0)} s`);
  if (!quick) keep(name, result);
}
