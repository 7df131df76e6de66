// All benchmarks: the native ones where they are built, then the JavaScript table.
//   npm run bench [-- --quick]

import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const quick = process.argv.includes('--quick');

function run(command, args) {
  const { status } = spawnSync(command, args, { stdio: 'inherit' });
  if (status !== 0) process.exitCode = 1;
}

const native = join(here, '..', 'build', 'native', 'bench', 'ebbcache_bench');
if (existsSync(native)) {
  run(native, quick ? ['--benchmark_min_time=0.1', '--benchmark_filter=/10000$'] : []);
} else {
  console.log(
    'The C++ benchmarks were not built: Google Benchmark is missing (Debian: libbenchmark-dev).',
  );
}
run(process.execPath, ['--expose-gc', join(here, 'caches.mjs'), ...(quick ? ['--quick'] : [])]);
