// Counts the instructions per operation of the store with valgrind: the same on a busy machine as
// on an idle one. Fails where an operation takes more than the committed budget (instructions.json)
// allows.
//   node native/bench/instructions.mjs [--update]     after `npm run build`; --update sets the budget

import { execFile } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);
const here = dirname(fileURLToPath(import.meta.url));
const program = join(here, '../../build/native/bench/ebbcache_instructions');
const budgetFile = join(here, 'instructions.json');

const OPERATIONS = ['get-hit', 'get-miss', 'put-new', 'overwrite', 'evicting-put'];
const POLICIES = ['lru', 's3fifo'];
// The hash seed is random: over this many operations, the average length of chains is the same to
// within 1 %.
const COUNT = 32_768;
const TIMED_ROUNDS = 5;
const ALLOWED_OVER = 0.03;
const WORTH_LOWERING = 0.1;

async function instructionsOf(operation, policy, count) {
  const { stderr } = await run('valgrind', [
    '--tool=callgrind',
    '--callgrind-out-file=/dev/null',
    program,
    operation,
    policy,
    String(count),
  ]);
  const [, collected] = /Collected : (\d+)/.exec(stderr) ?? [];
  if (collected === undefined) throw new Error(`valgrind counted nothing:\n${stderr}`);
  return Number(collected);
}

/**
 * Returns the instructions of one operation; those of the setup are in both counts and cancel out.
 */
async function count({ operation, policy }) {
  const once = await instructionsOf(operation, policy, COUNT);
  const twice = await instructionsOf(operation, policy, 2 * COUNT);
  return Math.round((twice - once) / COUNT);
}

async function medianNs({ operation, policy }) {
  const rounds = [];
  for (let round = 0; round < TIMED_ROUNDS; round++) {
    const { stdout } = await run(program, [operation, policy, String(2 * COUNT)]);
    rounds.push(Number(stdout));
  }
  return rounds.sort((a, b) => a - b)[TIMED_ROUNDS >> 1];
}

/** Returns the results in the order of the items, with as many workers as there are processors. */
async function inParallel(items, work) {
  const results = [];
  let next = 0;
  const worker = async () => {
    for (let i = next++; i < items.length; i = next++) results[i] = await work(items[i]);
  };
  await Promise.all(Array.from({ length: availableParallelism() }, worker));
  return results;
}

const cases = POLICIES.flatMap((policy) =>
  OPERATIONS.map((operation) => ({ operation, policy, name: `${operation}, ${policy}` })),
);
const counts = await inParallel(cases, count);
const times = [];
for (const each of cases) times.push(await medianNs(each));
const compiler = (await run(program, [])).stdout.trim();

if (process.argv.includes('--update')) {
  const instructions = Object.fromEntries(cases.map(({ name }, i) => [name, counts[i]]));
  writeFileSync(budgetFile, `${JSON.stringify({ compiler, instructions }, null, 2)}\n`);
}
const budget = JSON.parse(readFileSync(budgetFile, 'utf8'));

console.log('| operation | instructions | budget | of the budget | measured, ns |');
console.log('|---|--:|--:|--:|--:|');
const tooMany = [];
const fewer = [];
cases.forEach(({ name }, i) => {
  const allowed = budget.instructions[name];
  const share = counts[i] / allowed;
  const percent = `${(100 * share).toFixed(1)} %`;
  console.log(`| ${name} | ${counts[i]} | ${allowed} | ${percent} | ${times[i].toFixed(0)} |`);
  // The condition holds too when there is no budget for the operation.
  if (!(share <= 1 + ALLOWED_OVER)) tooMany.push(name);
  if (share < 1 - WORTH_LOWERING) fewer.push(name);
});

if (compiler !== budget.compiler) {
  console.log(
    `\nCounted with compiler ${compiler}, the budget with ${budget.compiler}: that alone moves counts.`,
  );
}
if (fewer.length > 0) {
  console.log(`\nMuch below budget, which --update would lower: ${fewer.join('; ')}.`);
}
if (tooMany.length > 0) {
  console.error(
    `\nMore than ${100 * ALLOWED_OVER} % over budget: ${tooMany.join('; ')}. ` +
      'Make them cheaper, or say in the commit why --update had to raise it.',
  );
  process.exitCode = 1;
}
