import { type ExtractRecord, extractAll } from '../extract/extract-all.js';
import { walk } from '../extract/walk.js';
import { EnhancedMetadataCache } from '../metadata/enhanced-metadata-cache.js';
import { ExitCode } from './exit-codes.js';
import { formatBytes } from './format-bytes.js';
import { interruptible } from './interrupt.js';
import { lineLogger } from './line-logger.js';
import { toNdjsonLine } from './ndjson.js';
import { version } from './package-facts.js';
import { pathList } from './path-list.js';
import { Progress } from './progress.js';
import { Stdout } from './stdout.js';

export interface ExtractFlags {
  /** A file with more paths, or '-' for stdin. */
  filesFrom?: string;
  /** Whether NULs separate the paths. */
  nul?: boolean;
  refresh?: boolean;
  concurrency?: number;
  maxMemory?: number;
  cacheDir?: string;
  /** MiB. */
  maxDisk?: number;
  progress?: boolean;
  quiet?: boolean;
}

/** The namespace separates the command's records in a folder that applications may use too. */
const COMMAND_NAMESPACE = 'ebbcache extract';

/** Runs `ebbcache extract` and returns its exit code. */
export async function runExtract(paths: string[], flags: ExtractFlags): Promise<number> {
  const started = performance.now();
  const interrupt = interruptible();
  const progress = new Progress(isProgressWanted(flags));
  const print = (line: string) => progress.print(line);
  const stdout = new Stdout(interrupt.signal, print);
  const { signal } = stdout;
  const counts = { files: 0, hits: 0, misses: 0, failures: 0, skipped: 0 };
  let cache: EnhancedMetadataCache | undefined;
  try {
    cache = new EnhancedMetadataCache({
      maxMemoryMb: flags.maxMemory,
      cacheDir: flags.cacheDir,
      namespace: COMMAND_NAMESPACE,
      // The records of another version may differ.
      version,
      maxDiskSizeMb: flags.maxDisk,
      logger: lineLogger(print),
    });
    // A list is read only as fast as files are extracted, so its length is not known before.
    if (progress.shown && flags.filesFrom === undefined) void showTotal(paths, progress, signal);
    const records = extractAll(allPaths(paths, flags, signal), {
      cache,
      refresh: flags.refresh,
      signal,
      concurrency: flags.concurrency,
      onProgress: (done) => progress.update(done),
      onSkip: () => counts.skipped++,
    });
    for await (const record of records) {
      counts.files++;
      counts[outcomeOf(record)]++;
      progress.beforeRecord();
      await stdout.write(lineOf(record));
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  } finally {
    progress.stop();
    if (cache !== undefined && !flags.quiet && !stdout.closed) {
      const seconds = (performance.now() - started) / 1000;
      console.error(summary(counts, seconds, cache.getStats().memoryPayloadBytes));
    }
    cache?.shutdown();
  }
  if (interrupt.exitCode !== undefined) return interrupt.exitCode;
  return counts.failures > 0 || stdout.failed ? ExitCode.failed : ExitCode.ok;
}

/** Whether an option sets the progress; undefined for the default of the output. */
function isProgressWanted({ progress, quiet, filesFrom }: ExtractFlags): boolean | undefined {
  if (progress !== undefined) return progress;
  // Typed paths are echoed where the progress would be.
  const isTyped = filesFrom === '-' && process.stdin.isTTY;
  return quiet || isTyped ? false : undefined;
}

/** The paths of the command line, then those of the list. */
async function* allPaths(
  paths: readonly string[],
  { filesFrom, nul }: ExtractFlags,
  signal: AbortSignal,
): AsyncGenerator<string | Buffer> {
  yield* paths;
  if (filesFrom !== undefined) yield* pathList(filesFrom, nul ? 'nul' : 'line', signal);
}

/** Counts the files beside the work, for the bar. The work itself reports a walk that fails. */
async function showTotal(paths: string[], progress: Progress, signal: AbortSignal): Promise<void> {
  let total = 0;
  for await (const _ of walk(paths)) {
    if (signal.aborted) return;
    progress.setTotal(++total);
  }
}

/**
 * A line without raw control characters on a terminal; JSON has those from 0x7f on raw, and files may contain
 * any.
 */
function lineOf(record: ExtractRecord): string {
  const line = toNdjsonLine(record);
  if (!process.stdout.isTTY) return line;
  return line.replace(/[\x7f-\x9f]/g, (char) => `\\u00${char.charCodeAt(0).toString(16)}`);
}

/** Every file is a hit, a miss (and was extracted) or a failure. */
type Counts = Record<'files' | 'hits' | 'misses' | 'failures' | 'skipped', number>;

function outcomeOf(record: ExtractRecord): 'hits' | 'misses' | 'failures' {
  if (record.error !== undefined) return 'failures';
  return record.cached ? 'hits' : 'misses';
}

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
