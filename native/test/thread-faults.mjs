// Runs each C++ test in a process of its own while allocations of the cache's threads fail, and
// prints which tests ended their process. A test may fail or hang then, as a thread does not do
// what it expects; none may end by a signal.
//
//   node native/test/thread-faults.mjs [N ...]     after npm run build; each Nth fails, default 50 and 3

import { execFile, spawnSync } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '../..');
const program = join(root, 'build/native/test/ebbcache_tests');
/** A test that takes longer waits for a thread that has failed. */
const MAX_MS = 20_000;

/** Full names, as --gtest_filter takes them. */
function allTests() {
  const { stdout } = spawnSync(program, ['--gtest_list_tests'], { encoding: 'utf8' });
  let suite = '';
  const tests = [];
  for (const line of stdout.split('\n')) {
    const [name] = line.split('#');
    if (/^\S+\.\s*$/.test(name)) suite = name.trim();
    else if (name.startsWith('  ')) tests.push(suite + name.trim());
  }
  return tests;
}

function run(test, every) {
  return new Promise((resolve) => {
    const options = {
      env: { ...process.env, EBBCACHE_FAIL_THREAD_ALLOCATIONS: String(every) },
      timeout: MAX_MS,
      killSignal: 'SIGKILL',
    };
    execFile(program, [`--gtest_filter=${test}`], options, (error, stdout, stderr) => {
      if (error === null) resolve({ end: 'passed' });
      else if (error.killed) resolve({ end: 'waited' });
      else if (error.signal !== null) resolve({ end: 'ended', output: stdout + stderr });
      else resolve({ end: 'failed' });
    });
  });
}

const tests = allTests();
for (const every of process.argv.length > 2 ? process.argv.slice(2).map(Number) : [50, 3]) {
  const counts = { passed: 0, failed: 0, waited: 0, ended: 0 };
  const left = [...tests];
  const worker = async () => {
    for (let test = left.pop(); test !== undefined; test = left.pop()) {
      const { end, output } = await run(test, every);
      counts[end]++;
      if (end === 'ended') console.log(`${test} ended its process:\n${output}`);
    }
  };
  await Promise.all(Array.from({ length: availableParallelism() }, worker));
  if (counts.ended > 0) process.exitCode = 1;
  console.log(`Each allocation number ${every}:`, counts);
}
