// The C++ benchmarks of native/bench, as tables.

import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { spread } from './statistics.mjs';

const program = fileURLToPath(new URL('../build/native/bench/ebbcache_bench', import.meta.url));
const FULL = ['--benchmark_min_time=0.1', '--benchmark_repetitions=3'];
const QUICK = ['--benchmark_min_time=0.02', '--benchmark_filter=entries:10000(/|$)|mib:16/'];

export async function native({ quick }) {
  if (!existsSync(program)) {
    throw new Error(
      'The C++ benchmarks are not built. Install Google Benchmark (Debian: libbenchmark-dev), then `npm run build` twice.',
    );
  }
  const measured = measure(quick ? QUICK : FULL);
  return {
    title: 'The store, in C++',
    about:
      'Without JavaScript. Entries of 600 bytes and a key; `baseline` is `std::unordered_map` and ' +
      '`std::list` of `std::string`, with a mutex where there are two threads. Nanoseconds per ' +
      'operation of all threads together: median (least to most). `mixed` is 90 % get, 10 % put by ' +
      'zipf. The longest puts are those of a churned full store with entries of 64 B to 4 KiB: by ' +
      "the clock on the wall, and by the processor's, which stands still while other processes run. " +
      "Wide spreads are those of memory that a virtual machine's host had to find first.",
    tables: [
      operationTable(measured.filter(({ nsEach }) => nsEach !== undefined)),
      counterTable('longest puts', measured, [
        'p50_us',
        'p999_us',
        'max_us',
        'max_cpu_us',
        'over_2ms',
        'over_2ms_cpu',
        'utilisation',
      ]),
      counterTable('overhead', measured, ['overhead_bytes']),
      counterTable('large stores', measured, ['entries_m', 'held_share', 'wrong']),
      counterTable('shrink', measured, ['gib_per_s', 'rss_fall_share']),
      counterTable('maintain, each second', measured, ['mean_ms', 'max_ms']),
    ],
    measured,
  };
}

/** Returns one object per benchmark: its name, contender, argument, threads and measurements. */
function measure(options) {
  const folder = mkdtempSync(join(tmpdir(), 'ebbcache-bench-'));
  const file = join(folder, 'results.json');
  const output = [`--benchmark_out=${file}`, '--benchmark_out_format=json'];
  const { status } = spawnSync(program, [...options, ...output], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  if (status !== 0) throw new Error(`${program} ended with status ${status}.`);
  const { benchmarks } = JSON.parse(readFileSync(file, 'utf8'));
  rmSync(folder, { recursive: true });

  const found = new Map();
  for (const run of benchmarks.filter((each) => each.run_type === 'iteration')) {
    if (run.error_occurred) throw new Error(`${run.name}: ${run.error_message}`);
    const [operation, contender, argument] = run.run_name.split('/');
    const all = found.get(run.run_name) ?? { operation, contender, argument, threads: run.threads };
    found.set(run.run_name, all);
    for (const counter of COUNTERS) {
      if (run[counter] !== undefined) all[counter] = [...(all[counter] ?? []), run[counter]];
    }
    if (run.items_per_second !== undefined) {
      all.nsEach = [...(all.nsEach ?? []), 1e9 / run.items_per_second];
    }
  }
  return [...found.values()];
}

/** The numbers of decimals that are shown. */
const DECIMALS = {
  p50_us: 2,
  p999_us: 0,
  max_us: 0,
  max_cpu_us: 0,
  over_2ms: 0,
  over_2ms_cpu: 0,
  utilisation: 3,
  overhead_bytes: 1,
  entries_m: 1,
  held_share: 3,
  wrong: 0,
  gib_per_s: 2,
  rss_fall_share: 3,
  mean_ms: 1,
  max_ms: 1,
};
const COUNTERS = Object.keys(DECIMALS);

function operationTable(benchmarks) {
  const rows = new Map();
  for (const { operation, argument, threads, nsEach } of benchmarks) {
    const [, entries] = argument.split(':');
    const key = `${operation}/${entries}/${threads}`;
    const row = rows.get(key) ?? [operation, entries, threads];
    rows.set(key, row);
    row.push(spread(nsEach));
  }
  return {
    columns: ['operation', 'entries', 'threads', 'lru, ns', 's3fifo, ns', 'baseline, ns'],
    rows: [...rows.values()],
  };
}

function counterTable(title, benchmarks, counters) {
  const rows = benchmarks
    .filter((each) => counters.every((counter) => each[counter] !== undefined))
    .map(({ operation, contender, argument, ...each }) => [
      `${operation}, ${contender}, ${argument.replace('_', ' ').replace(':', ' ')}`,
      ...counters.map((counter) => spread(each[counter], DECIMALS[counter])),
    ]);
  return { columns: [title, ...counters.map((counter) => counter.replaceAll('_', ' '))], rows };
}
