// Extracts the metadata of real files twice: all reads of the second pass are hits. It shows the
// metadata, the time that the second pass saved and the contents of the cache.
//
//   npm run demo [-- files and folders...]     without any: the checkout's own small images
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { EnhancedMetadataCache } from 'ebbcache';
import { extractAll } from 'ebbcache/extract';

const own = fileURLToPath(new URL('../test/fixtures/images', import.meta.url));
const paths = process.argv.length > 2 ? process.argv.slice(2) : [own];
const cache = new EnhancedMetadataCache({ maxDiskSizeMb: 0 });

async function pass() {
  const started = performance.now();
  const records = [];
  for await (const record of extractAll(paths, { cache })) records.push(record);
  const hits = records.filter((record) => record.cached).length;
  const failures = records.filter((record) => record.error !== undefined).length;
  const misses = records.length - hits - failures;
  return { records, hits, misses, failures, milliseconds: performance.now() - started };
}

function row({ file, error, metadata }) {
  const name = path.basename(file);
  if (error !== undefined) return [name, error];
  const { Make, Model, DateTimeOriginal, ImageWidth, ImageHeight } = metadata;
  const camera = [Make, Model].filter(Boolean).join(' ');
  const size = ImageWidth === undefined ? '' : `${ImageWidth} x ${ImageHeight}`;
  return [name, camera || '-', DateTimeOriginal ?? '-', size || '-'];
}

function printTable(rows) {
  const widths = [];
  for (const cells of rows) {
    // The last cell of a row may be a long error, and does not widen its column.
    cells.slice(0, -1).forEach((cell, i) => {
      widths[i] = Math.max(widths[i] ?? 0, cell.length);
    });
  }
  for (const cells of rows) {
    console.log(
      cells
        .map((cell, i) => cell.padEnd(widths[i] ?? 0))
        .join('  ')
        .trimEnd(),
    );
  }
}

function line(name, { milliseconds, hits, misses, failures }) {
  const time = milliseconds.toFixed(1).padStart(8);
  return `${name}  ${time} ms  ${hits} hits, ${misses} misses, ${failures} failures`;
}

try {
  const first = await pass();
  const second = await pass();
  printTable([['File', 'Camera', 'Date', 'Dimensions'], ...first.records.map(row)]);
  console.log(`\n${line('First pass ', first)}\n${line('Second pass', second)}`);

  const saved = first.milliseconds - second.milliseconds;
  const times = (first.milliseconds / second.milliseconds).toFixed(1);
  console.log(
    `Saved        ${saved.toFixed(1).padStart(8)} ms  ${first.misses} extractions; ${times} times as fast`,
  );
  const { memoryCacheSize, memoryPayloadBytes, memoryBudgetBytes } = cache.getStats();
  const kib = (bytes) => `${(bytes / 1024).toFixed(1)} KiB`;
  const mib = Math.round(memoryBudgetBytes / (1024 * 1024));
  console.log(
    `Cache        ${memoryCacheSize} entries of ${kib(memoryPayloadBytes)}; budget ${mib} MiB`,
  );

  if (second.misses > 0 || second.hits !== first.misses + first.hits) {
    console.error('The second pass should have been all hits.');
    process.exitCode = 1;
  }
} finally {
  cache.shutdown();
}
