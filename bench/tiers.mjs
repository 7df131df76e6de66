// The cost of a hit in memory and on disk, of a miss and of a put, beside caches that are layered of
// packages: in turns, in a process for each measurement. It installs packages of its own (bench/peers), so it
// runs only when it is named.
//   npm run bench:tiers [-- --quick]

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ebbcaches, peers } from './tiers/contenders.mjs';
import { fill } from './tiers/fill.mjs';
import { killWhileOpen } from './tiers/kill.mjs';
import { measureMemory } from './tiers/memory.mjs';
import { installPeers, peerVersions } from './tiers/peers.mjs';
import { measureReads } from './tiers/reads.mjs';
import { makeFiles, writeRecords } from './tiers/records.mjs';
import { resultTables } from './tiers/tables.mjs';
import { measureWrites } from './tiers/writes.mjs';

const FULL = { entries: 100_000, gets: 1000, puts: 500, singles: 40, kept: 20_000, rounds: 7 };
const QUICK = { entries: 4000, gets: 300, puts: 200, singles: 5, kept: 4000, rounds: 2 };
/** The number of files without a record that a round writes to: SQLite skips writing unchanged records. */
const FILES_A_ROUND = 1000;

export async function tiers({ quick }) {
  const sizes = quick ? QUICK : FULL;
  const whyNoPeers = installPeers();
  if (whyNoPeers !== undefined) {
    console.log(`Left out: ${Object.keys(peers).join(', ')}. ${whyNoPeers}`);
  }
  const names = Object.keys({ ...ebbcaches, ...(whyNoPeers === undefined ? peers : {}) });
  const measured = {};
  const sources = [];
  const folder = mkdtempSync(join(tmpdir(), 'ebbcache-bench-'));
  try {
    const files = join(folder, 'files');
    makeFiles(files, sizes.entries + sizes.gets + sizes.rounds * FILES_A_ROUND);
    for (const load of ['metadata', 'small']) {
      const records = join(folder, `${load}.ndjson`);
      const source = writeRecords(load, records);
      sources.push(`\`${load}\` is ${source}`);
      const caches = join(folder, load);
      measured[load] = await measureAll(names, { caches, files, records, ...sizes });
      rmSync(caches, { recursive: true });
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
  return {
    title: 'Tiers',
    about: aboutText(sizes, sources, whyNoPeers),
    tables: resultTables(measured, sizes),
    measured,
    versions: whyNoPeers === undefined ? peerVersions() : {},
  };
}

/** Measures in turns, so that a temporary slowdown of the machine affects all caches. */
async function measureAll(names, { caches, ...common }) {
  const results = {};
  const argumentOf = (name) => ({
    ...common,
    name,
    folder: join(caches, `${names.indexOf(name)}`),
  });
  for (const name of names) {
    const size = await fill(argumentOf(name));
    const inMemory = await measureMemory({ ...argumentOf(name), entries: common.kept });
    results[name] = { ...size, ...inMemory, reads: [], writes: [], openAfterKillMs: [] };
  }
  const order = [...names];
  for (let round = 0; round < common.rounds; round++) {
    const from = common.entries + common.gets + round * FILES_A_ROUND;
    for (const name of order) results[name].reads.push(await measureReads(argumentOf(name)));
    for (const name of order) {
      results[name].writes.push(await measureWrites({ ...argumentOf(name), from }));
    }
    for (const name of order) {
      // These records differ from those that the files have by now.
      await killWhileOpen({ ...argumentOf(name), from: from + 1, puts: common.puts });
      const { openMs } = await measureReads({ ...argumentOf(name), gets: 1 });
      results[name].openAfterKillMs.push(openMs);
    }
    order.push(order.shift());
  }
  return results;
}

function aboutText({ entries, gets, rounds }, sources, whyNoPeers) {
  const left = whyNoPeers === undefined ? '' : ` Left out: ${Object.keys(peers).join(', ')}.`;
  return [
    `${entries} entries on disk, ${sources.join(', ')}; ${rounds} rounds in turns, a new process for each ` +
      `measurement: medians (least to most) of what the rounds had as median and as 99th percentile.${left}`,
    `\`memory\` and \`disk\` are get hits of the same ${gets} records: the first ones of a new process, which ` +
      'come from disk, and the same again from memory once its code is compiled; `to memory` is the median of ' +
      'the ratios of each process. Files are in the page cache. `disk, later` are further records, when ' +
      'the code is compiled too. Misses look at all tiers.',
    "ebbcache with `validate: 'stat'`, its default, looks at the state of a file with each get and put; with " +
      "`'none'`, and in the other caches, nobody notices that a file has changed. `lru-cache` hands out the " +
      'one object that it holds, to all callers; all others hand out copies. The gets and puts of the other ' +
      'caches are promises, and what they cost includes waiting for them.',
    "`the thread's time` is how long the JavaScript thread computed or was blocked in the course of the puts that " +
      'nobody waits for, an entry: with SQLite it is blocked for more than half of that. A put of ' +
      'SQLite is durable when its promise resolves, and one of ebbcache after `flush`. After a kill, SQLite ' +
      'rolls its journal back, and ebbcache has nothing to repair. `resident` ' +
      'and `heap` are of memory alone, without a disk tier. A remote tier is not measured yet.',
  ].join('\n\n');
}
