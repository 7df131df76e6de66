import { EnhancedMetadataCache } from '../cache/enhanced-metadata-cache.js';
import { extractAll } from '../extract/extract-all.js';
import { walk } from '../extract/walk.js';
import { ExitCode } from './exit-codes.js';
import { formatBytes } from './format-bytes.js';
import { interruptSignal } from './interrupt.js';
import { toNdjsonLine } from './ndjson.js';
import { version } from './package-facts.js';
import { Progress } from './progress.js';
import { stderrLogger } from './stderr-logger.js';
import { Stdout } from './stdout.js';

export interface ExtractFlags {
  concurrency?: number;
  maxMemory?: number;
  cacheDir?: string;
  /** MiB. */
  maxDisk?: number;
  quiet?: boolean;
}

/** Runs `ebbcache extract` and returns its exit code. */
export async function runExtract(paths: string[], flags: ExtractFlags): Promise<number> {
  const started = performance.now();
  const interrupt = interruptSignal();
  const stdout = new Stdout(interrupt);
  const { signal } = stdout;
  const cache = new EnhancedMetadataCache({
    maxMemoryMb: flags.maxMemory,
    // Bytes are the bound, not a number of files.
    maxMemoryEntries: Number.MAX_SAFE_INTEGER,
    cacheDir: flags.cacheDir,
    maxDiskSizeMb: flags.maxDisk,
    logger: stderrLogger,
  });
  const progress = new Progress();
  if (progress.shown) void showTotal(paths, progress, signal);
  const counts = { files: 0, hits: 0, misses: 0, failures: 0, skipped: 0 };
  try {
    const records = extractAll(paths, {
      cache,
      // What another version has extracted may differ.
      tier: `extract ${version}`,
      signal,
      concurrency: flags.concurrency,
      onProgress: (done) => progress.update(done),
      onSkip: () => counts.skipped++,
    });
    for await (const record of records) {
      counts.files++;
      counts[record.error !== undefined ? 'failures' : record.cached ? 'hits' : 'misses']++;
      progress.giveWay();
      await stdout.write(toNdjsonLine(record));
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  } finally {
    progress.stop();
    if (!flags.quiet && !stdout.closed) {
      const seconds = (performance.now() - started) / 1000;
      console.error(summary(counts, seconds, cache.getStats().memoryPayloadBytes));
    }
    cache.shutdown();
  }
  if (interrupt.aborted) return ExitCode.interrupted;
  return counts.failures > 0 || stdout.failed ? ExitCode.failed : ExitCode.ok;
}

/** Counts the files beside the work, for the bar. A walk that fails is told by the work itself. */
async function showTotal(paths: string[], progress: Progress, signal: AbortSignal): Promise<void> {
  let total = 0;
  for await (const _ of walk(paths)) {
    if (signal.aborted) return;
    progress.setTotal(++total);
  }
}

/** Every file is a hit, a miss (and was extracted) or a failure. */
type Counts = Record<'files' | 'hits' | 'misses' | 'failures' | 'skipped', number>;

function summary(counts: Counts, seconds: number, bytes: number): string {
  const { files, hits, misses, failures, skipped } = counts;
  const parts = [count(hits, 'hit', 'hits'), count(misses, 'miss', 'misses')];
  parts.push(count(failures, 'failure', 'failures'));
  if (skipped > 0) parts.push(`${skipped} skipped`);
  const cached = `${formatBytes(bytes)} cached`;
  return `${count(files, 'file', 'files')}: ${parts.join(', ')} in ${seconds.toFixed(2)} s; ${cached}`;
}

function count(n: number, one: string, many: string): string {
  return `${n} ${n === 1 ? one : many}`;
}
