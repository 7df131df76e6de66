// Runs the C++ tests and the TypeScript tests, and closes with one line that counts both.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const reports = mkdtempSync(join(tmpdir(), 'ebbcache-test-'));
const total = { passed: 0, failed: 0, skipped: 0 };

/** The processes that share the C++ tests: most of these use one processor, or wait. */
const SHARDS = 2;

/** Runs a test program that writes a JSON report; a crash without one is a failure. */
async function run(command, args, report, count, env = {}) {
  const child = spawn(command, args, {
    cwd: root,
    stdio: 'inherit',
    env: { ...process.env, ...env },
  });
  const [status] = await once(child, 'close');
  const before = total.failed;
  if (existsSync(report)) count(JSON.parse(readFileSync(report, 'utf8')));
  else total.failed++;
  if (status !== 0 && total.failed === before) total.failed++;
}

function countNative(result) {
  const cases = result.testsuites.flatMap((suite) => suite.testsuite);
  const skipped = cases.filter((each) => each.result === 'SKIPPED').length;
  total.failed += result.failures;
  total.skipped += skipped + result.disabled;
  total.passed += result.tests - result.failures - skipped - result.disabled;
}

const executable = process.platform === 'win32' ? 'ebbcache_tests.exe' : 'ebbcache_tests';
const nativeTests = join(root, 'build', 'native', 'test', executable);
if (existsSync(nativeTests)) {
  const shards = Array.from({ length: SHARDS }, (_, shard) => {
    const report = join(reports, `native-${shard}.json`);
    const env = { GTEST_TOTAL_SHARDS: `${SHARDS}`, GTEST_SHARD_INDEX: `${shard}` };
    const args = ['--gtest_brief=1', `--gtest_output=json:${report}`];
    return run(nativeTests, args, report, countNative, env);
  });
  await Promise.all(shards);
} else {
  console.log('The C++ tests were not built: GoogleTest is missing (Debian: libgtest-dev).');
}

const vitest = join(
  dirname(createRequire(import.meta.url).resolve('vitest/package.json')),
  'vitest.mjs',
);
const report = join(reports, 'vitest.json');
await run(
  process.execPath,
  [vitest, 'run', '--reporter=default', '--reporter=json', `--outputFile.json=${report}`],
  report,
  (result) => {
    total.passed += result.numPassedTests;
    total.failed += result.numFailedTests;
    total.skipped += result.numPendingTests + result.numTodoTests;
  },
);

rmSync(reports, { recursive: true, force: true });
const skipped = total.skipped > 0 ? `, ${total.skipped} skipped` : '';
console.log(`${total.passed} passed, ${total.failed} failed${skipped}`);
process.exitCode = total.failed > 0 || total.passed === 0 ? 1 : 0;
