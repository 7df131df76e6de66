import { existsSync } from 'node:fs';
import { lookUpStats } from '../metadata/advanced-stats.js';
import { defaultCacheDir } from '../metadata/default-cache-dir.js';
import { native } from '../native/addon.js';
import type { NativeDiskSummary } from '../native/disk.js';
import { namedCounts } from '../tiers/kept-counters.js';
import { ExitCode } from './exit-codes.js';
import { formatBytes } from './format-bytes.js';
import { interruptible } from './interrupt.js';
import { toNdjsonLine } from './ndjson.js';
import { formatRows } from './rows.js';
import { Stdout } from './stdout.js';

export interface StatsFlags {
  cacheDir?: string;
  json?: boolean;
}

/** Runs `ebbcache stats` and returns its exit code. */
export async function runStats(flags: StatsFlags): Promise<number> {
  const cacheDir = flags.cacheDir ?? defaultCacheDir();
  // Reading the summary makes no folder.
  const isThere = cacheDir !== undefined && existsSync(cacheDir);
  const summary = isThere ? native.diskSummary(cacheDir) : undefined;
  if (cacheDir === undefined || summary === undefined) {
    const where = cacheDir ?? 'the home of this user, who has none';
    console.error(`ebbcache: There is no cache in ${where}. Name its folder by --cache-dir.`);
    return ExitCode.failed;
  }
  if (summary.kind === 'values') return printValues(cacheDir, summary, flags);
  const report = reportOf(cacheDir, summary);
  const stdout = new Stdout(interruptible().signal);
  await stdout.write(flags.json ? toNdjsonLine(report) : format(report));
  return stdout.failed ? ExitCode.failed : ExitCode.ok;
}

/** Prints the contents of an ArenaCache, which keeps no counters in its file. */
async function printValues(
  cacheDir: string,
  { kind, entries, bytes }: NativeDiskSummary,
  { json }: StatsFlags,
): Promise<number> {
  const stdout = new Stdout(interruptible().signal);
  const report = { cacheDir, kind, diskEntries: entries, diskBytes: bytes };
  const readable = formatRows([
    ['folder', cacheDir],
    ['holds', 'values by key, of an ArenaCache, and no records of files'],
    ['on disk', `${entries} entries, ${formatBytes(bytes)}`],
  ]);
  await stdout.write(json ? toNdjsonLine(report) : readable);
  return stdout.failed ? ExitCode.failed : ExitCode.ok;
}

type Report = ReturnType<typeof reportOf>;

function reportOf(cacheDir: string, { entries, bytes, counters }: NativeDiskSummary) {
  const counted = namedCounts(counters);
  return {
    cacheDir,
    diskEntries: entries,
    diskBytes: bytes,
    ...lookUpStats(counted),
    evictions: counted.evictions,
    evictionsByEntries: counted.evictionsByEntries,
    cacheWrites: counted.cacheWrites,
    cacheInvalidations: counted.cacheInvalidations,
    tierErrors: counted.errors,
  };
}

function evictionsOf({ evictions, evictionsByEntries }: Report): string {
  const total = `${evictions} from memory`;
  if (evictionsByEntries === 0) return total;
  return `${total}, of which ${evictionsByEntries} for maxMemoryEntries, not for bytes`;
}

function format(report: Report): string {
  const { hits, hitRatePercent, memoryHits, diskHits, remoteHits } = report;
  return formatRows([
    ['folder', report.cacheDir],
    ['on disk', `${report.diskEntries} entries, ${formatBytes(report.diskBytes)}`],
    ['requests', `${report.totalRequests}`],
    ['hits', `${hits} (${hitRatePercent.toFixed(1)} %)`],
    ['  by tier', `${memoryHits} memory, ${diskHits} disk, ${remoteHits} remote`],
    ['misses', `${report.misses}`],
    ['writes', `${report.cacheWrites}`],
    ['evictions', evictionsOf(report)],
    ['invalidations', `${report.cacheInvalidations}`],
    ['tier errors', `${report.tierErrors}`],
  ]);
}
