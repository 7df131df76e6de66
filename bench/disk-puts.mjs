// How long a put is held up when more comes than the disk tier writes: puts of one size in a loop that lets
// nobody else run, several times over, with how many took longer than 5 ms, the longest, and what was dropped.
//
//   node bench/disk-puts.mjs [puts]      after npm run build; default 30,000

import { mkdtempSync, rmSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { AdvancedMetadataCache } from 'ebbcache';

const puts = Number(process.argv[2] ?? 30_000);
const ROUNDS = 5;
const metadata = { text: 'x'.repeat(4000) };

console.log(`${cpus().length} x ${cpus()[0].model}, Node ${process.versions.node}, ${puts} puts`);
for (let round = 0; round < ROUNDS; round++) {
  const cacheDir = mkdtempSync(join(tmpdir(), 'ebbcache-bench-'));
  const cache = new AdvancedMetadataCache({ cacheDir, maxDiskSizeMb: 64, validate: 'none' });
  const times = new Float64Array(puts);
  for (let i = 0; i < puts; i++) {
    const begun = performance.now();
    cache.put(`/file/${i}`, metadata);
    times[i] = performance.now() - begun;
  }
  const { diskDrops } = cache.getStats();
  cache.shutdown();
  rmSync(cacheDir, { recursive: true });
  times.sort();
  const at = (share) => times[Math.floor((puts - 1) * share)].toFixed(3);
  const slow = times.filter((ms) => ms > 5).length;
  console.log(
    `p50 ${at(0.5)} ms, p99.9 ${at(0.999)}, longest ${at(1)}; ${slow} over 5 ms; ${diskDrops} dropped`,
  );
}
