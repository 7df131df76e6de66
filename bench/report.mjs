// Keeps what was measured: a file of JSON for each benchmark (bench/results), and a page of all of
// them (docs/benchmarks.md).

import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus, release, totalmem, type } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const results = join(root, 'bench', 'results');
const page = join(root, 'docs', 'benchmarks.md');

function machine() {
  const gib = Math.round(totalmem() / 1024 ** 3);
  return `${cpus().length} x ${cpus()[0].model}, ${gib} GiB, ${type()} ${release()}, Node ${process.versions.node}`;
}

function versions() {
  const version = (path) => JSON.parse(readFileSync(join(root, path), 'utf8')).version;
  const others = ['lmdb', 'lru-cache', 'msgpackr'].map((name) => [
    name,
    version(join('node_modules', name, 'package.json')),
  ]);
  return Object.fromEntries([['ebbcache', version('package.json')], ...others]);
}

export function tableText({ columns, rows }) {
  const line = (cells) => `| ${cells.join(' | ')} |`;
  return [line(columns), line(columns.map(() => '---')), ...rows.map(line)].join('\n');
}

export function sectionText({ title, about, tables }) {
  return [`## ${title}`, about, ...tables.map(tableText)].join('\n\n');
}

export function keep(name, result) {
  mkdirSync(results, { recursive: true });
  const date = new Date().toISOString().slice(0, 10);
  const used = { ...versions(), ...result.versions };
  const kept = { date, machine: machine(), ...result, versions: used };
  const rounded = (_, value) => (typeof value === 'number' ? Number(value.toPrecision(6)) : value);
  writeFileSync(join(results, `${name}.json`), `${JSON.stringify(kept, rounded, 1)}\n`);
}

/** The page, of what was kept of each of the names, now or earlier. */
export function writePage(names) {
  const kept = names
    .map((name) => join(results, `${name}.json`))
    .filter((file) => existsSync(file))
    .map((file) => JSON.parse(readFileSync(file, 'utf8')));
  const sections = kept.map((result) => {
    const used = Object.entries(result.versions).map((each) => each.join(' '));
    return `${sectionText(result)}\n\nMeasured ${result.date} on ${result.machine}; ${used.join(', ')}.`;
  });
  const text = ['# Benchmarks', INTRODUCTION, ...sections].join('\n\n');
  writeFileSync(page, `${text}\n`);
}

const INTRODUCTION = `This page is written by

\`\`\`sh setup
npm run bench
\`\`\`

which takes some twelve minutes, or by \`npm run bench -- NAME ...\` in part; \`--quick\` only shows what
much smaller runs give. \`npm run bench:tiers\` adds the tiers: it installs SQLite for that, the first time. The numbers behind the tables are in \`bench/results/\`. Digits are those of one
machine on one day: compare what stands in one table, and look at the spread.

What must not get slower unnoticed is counted in instructions, which repeat to within 1 %:
\`node native/bench/instructions.mjs\` (it needs valgrind) compares them with a committed budget, and CI
fails when an operation takes 3 % more.`;
