// Keeps the results in bench/results: for each benchmark a file of JSON with the numbers, and one
// of Markdown with its tables. docs/benchmarks.md explains them, and is written by hand.

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus, release, totalmem, type } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const results = join(root, 'bench', 'results');

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

export function pageText({ title, about, tables }) {
  return [`# ${title}`, about, ...tables.map(tableText)].join('\n\n');
}

export function keep(name, result) {
  mkdirSync(results, { recursive: true });
  const date = new Date().toISOString().slice(0, 10);
  const used = { ...versions(), ...result.versions };
  const kept = { date, machine: machine(), ...result, versions: used };
  const rounded = (_, value) => (typeof value === 'number' ? Number(value.toPrecision(6)) : value);
  const text = JSON.stringify(kept, rounded, 1);
  writeFileSync(join(results, `${name}.json`), `${text}\n`);
  writeFileSync(join(results, `${name}.md`), keptText(JSON.parse(text)));
}

/** Returns the tables, with the date, machine and versions of the measurement. */
export function keptText(kept) {
  const used = Object.entries(kept.versions).map((each) => each.join(' '));
  return `${pageText(kept)}\n\nMeasured ${kept.date} on ${kept.machine}; ${used.join(', ')}.\n`;
}
