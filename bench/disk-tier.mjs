// Measures the cost of the disk tier, beside memory and, where EBBCACHE_BEFORE names the folder of another
// built version, beside that version's: in a process for each measurement, in turns.
//
//   node bench/disk-tier.mjs [turns] [measurement ...]     after npm run build; default 5 turns of all

import { isMainThread } from 'node:worker_threads';
import { measureInGroup } from './disk/in-group.mjs';
import { measureOpening } from './disk/opening.mjs';
import { measurePuts } from './disk/puts.mjs';
import { measureReads } from './disk/reads.mjs';
import { measureResident } from './disk/resident.mjs';
import { measureTurnover } from './disk/turnover.mjs';
import { tableText } from './report.mjs';
import { spread } from './statistics.mjs';
import { inTurns, versions } from './versions.mjs';

/** Each measurement resolves to lists of numbers by name, for the version in a folder. */
const MEASUREMENTS = {
  reads: measureReads,
  opening: measureOpening,
  resident: measureResident,
  puts: measurePuts,
  turnover: measureTurnover,
  'in-group': measureInGroup,
};

if (isMainThread) {
  const turns = Number(process.argv[2] ?? 5);
  const chosen = process.argv.slice(3);
  const columns = [`medians of ${turns} turns (least to most)`, ...Object.keys(versions)];
  for (const [name, measure] of Object.entries(MEASUREMENTS)) {
    if (chosen.length > 0 && !chosen.includes(name)) continue;
    const found = await inTurns(turns, (root) => measure({ root }));
    const rows = Object.keys(found.now).map((what) => [
      what,
      ...Object.keys(versions).map((version) => spread(found[version][what], 2)),
    ]);
    console.log(`\n${tableText({ columns, rows })}`);
  }
}
