// Runs the same program twice in a memory group of 256 MiB, with a cache that may take 1 GiB: once
// with lru-cache, once with ebbcache. It shows how each ended and what it still cached.
//
//   npm run demo:oom

import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { whyNoGroup, withGroup } from './memory-group.mjs';

const MIB = 1024 * 1024;
const LIMIT = 256 * MIB;
const PROGRESS_MS = 500;
const program = fileURLToPath(new URL('./oom-program.mjs', import.meta.url));
const mib = (bytes) => (Number.isNaN(bytes) ? '-' : (bytes / MIB).toFixed(0));

/** Runs the program with this cache; resolves to a row of the table. */
function run(name) {
  return withGroup(LIMIT, async (group) => {
    const child = group.spawn(process.execPath, [program, name], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const closed = once(child, 'close');
    let last = { puts: 0, entries: 0, bytes: 0 };
    let printAt = performance.now() + PROGRESS_MS;
    for await (const line of createInterface({ input: child.stdout })) {
      last = JSON.parse(line);
      if (performance.now() < printAt) continue;
      printAt = performance.now() + PROGRESS_MS;
      const used = mib(group.usedBytes());
      console.log(`${name}: ${last.puts} puts, ${last.entries} entries, ${used} MiB used`);
    }
    const [status, signal] = await closed;
    return [
      name,
      signal ?? `exit ${status}`,
      String(group.oomKills()),
      mib(group.peakBytes()),
      String(last.puts),
      signal === null ? String(last.entries) : 'none',
      signal === null ? mib(last.bytes) : 'none',
    ];
  });
}

function printTable(rows) {
  const widths = rows[0].map((_, i) => Math.max(...rows.map((cells) => cells[i].length)));
  for (const cells of rows) {
    const padded = cells.map((cell, i) =>
      i < 2 ? cell.padEnd(widths[i]) : cell.padStart(widths[i]),
    );
    console.log(padded.join('  '));
  }
}

const reason = whyNoGroup();
if (reason === undefined) {
  const rows = [['Cache', 'Ended by', 'OOM kills', 'Peak, MiB', 'Puts', 'Entries', 'MiB cached']];
  for (const name of ['lru-cache', 'ebbcache']) rows.push(await run(name));
  console.log(`\nA limit of ${mib(LIMIT)} MiB, and caches that may take 1024 MiB:\n`);
  printTable(rows);
} else {
  console.log(`Nothing to show here: there is ${reason}.`);
}
