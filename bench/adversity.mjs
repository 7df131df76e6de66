// Measures a store under adverse conditions: the machine denies growth, the system refuses memory,
// entries expire all at once, budgets fall by an order of magnitude. It alternates with the version
// before.
//
//   node bench/adversity.mjs [CASE ...] [--huge] [--turns=N]     after npm run build; see
//   native/bench/adversity_bench.cc for the cases. --huge needs 17 GiB of memory.

import { buildForAll, runProgram } from './native-program.mjs';
import { tableText } from './report.mjs';
import { spread } from './statistics.mjs';
import { inTurns, versions } from './versions.mjs';

const TURNS = '--turns=';
const options = process.argv.slice(2);
const turns = Number(options.find((each) => each.startsWith(TURNS))?.slice(TURNS.length) ?? 3);
const cases = options.filter((each) => !each.startsWith(TURNS));

const programs = buildForAll('adversity', [
  'adversity_bench.cc',
  'adversity_puts.cc',
  'adversity_resizes.cc',
]);
const found = await inTurns(turns, async (root) =>
  Object.fromEntries(runProgram(programs[root], cases).map(({ name, number }) => [name, [number]])),
);
const rows = Object.keys(found.now).map((name) => [
  name,
  ...Object.keys(versions).map((version) => spread(found[version][name], decimalsOf(name))),
]);
console.log(tableText({ columns: [`${turns} turns`, ...Object.keys(versions)], rows }));

function decimalsOf(name) {
  if (/share|held of/.test(name)) return 3;
  return / us| ms/.test(name) ? 1 : 0;
}
