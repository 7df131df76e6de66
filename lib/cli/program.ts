// The command: it parses the arguments and starts the subcommand.

import { Command, CommanderError } from 'commander';
import { DEFAULT_CONCURRENCY, MAX_CONCURRENCY } from '../extract/concurrency.js';
import type { ClearFlags } from './clear-command.js';
import { ExitCode } from './exit-codes.js';
import type { ExtractFlags } from './extract-command.js';
import type { MemoryFlags } from './memory-command.js';
import { numberFrom } from './options.js';
import { description, version } from './package-facts.js';
import type { StatsFlags } from './stats-command.js';

const MAX_MEMORY_MIB = 16_384;
const MAX_DISK_MIB = 1_000_000;
const DAY_SECONDS = 86_400;

// The subcommands are loaded when they are called: --help needs neither the addon nor the readers.
const program = new Command('ebbcache')
  .description(description)
  .version(version)
  .exitOverride()
  .showHelpAfterError('(Add --help for the options.)');

program
  .command('extract')
  .description('Print the metadata of files as NDJSON, one object a line.')
  .argument('[paths...]', 'files, and folders to walk')
  .option('--files-from <file>', 'read more paths from the file, one a line; - for stdin')
  .option('-0, --nul', 'the paths of --files-from are separated by NULs, as of find -print0')
  .option('--refresh', 'extract also what is cached, and store it anew')
  .option(
    '--concurrency <n>',
    `files in work at once, 1 to ${MAX_CONCURRENCY} (default: ${DEFAULT_CONCURRENCY})`,
    numberFrom(1, MAX_CONCURRENCY),
  )
  .option(
    '--max-memory <MiB>',
    `what the cache may hold, up to ${MAX_MEMORY_MIB} (default: 1/16 of the memory, 16 to 512)`,
    numberFrom(1, MAX_MEMORY_MIB),
  )
  .option('--cache-dir <folder>', "where the cache keeps its disk tier (default: the user's cache)")
  .option(
    '--max-disk <MiB>',
    'budget of the disk tier, 0 for none (default: 200)',
    numberFrom(0, MAX_DISK_MIB),
  )
  .option('--progress', 'show the progress on stderr also if stdout is a pipe')
  .option('--no-progress', 'never show it')
  .option('-q, --quiet', 'neither progress nor summary on stderr')
  .action(async (paths: string[], flags: ExtractFlags, command: Command) => {
    if (paths.length === 0 && flags.filesFrom === undefined) {
      command.error('error: name files or folders, or a list of them by --files-from');
    }
    if (flags.nul && flags.filesFrom === undefined) {
      command.error('error: -0 says how the paths of --files-from are separated; name a list');
    }
    const { runExtract } = await import('./extract-command.js');
    process.exitCode = await runExtract(paths, flags);
  });

program
  .command('stats')
  .description('Print what a cache has on disk, and what all who used it have counted.')
  .option('--cache-dir <folder>', "where the cache has its disk tier (default: the user's cache)")
  .option('--json', 'one JSON object')
  .action(async (flags: StatsFlags) => {
    const { runStats } = await import('./stats-command.js');
    process.exitCode = await runStats(flags);
  });

program
  .command('clear')
  .description(
    'Remove the records of all files, or of some, from a cache on disk; it asks nothing.',
  )
  .argument('[paths...]', 'only of these files, and of all below these folders')
  .option('--cache-dir <folder>', "where the cache has its disk tier (default: the user's cache)")
  .option('--namespace <name>', "only of this one; the command's own is 'ebbcache extract'")
  .action(async (paths: string[], flags: ClearFlags) => {
    const { runClear } = await import('./clear-command.js');
    process.exitCode = await runClear(paths, flags);
  });

program
  .command('memory')
  .description("Print the machine's memory as the monitor sees it.")
  .option('-w, --watch', 'print again and again, until Ctrl-C')
  .option(
    '--interval <seconds>',
    'time between two prints of --watch, from 0.05',
    numberFrom(0.05, DAY_SECONDS, { whole: false }),
    1,
  )
  .option('--json', 'one JSON object a line')
  .action(async (flags: MemoryFlags) => {
    const { runMemory } = await import('./memory-command.js');
    process.exitCode = await runMemory(flags);
  });

program.addHelpText(
  'after',
  `
Exit codes: 0 all good, 1 some files failed or the output could not be written, 2 wrong usage,
130 interrupted by Ctrl-C, 143 ended by SIGTERM.`,
);

// Commander prints to streams without error listeners, such as the help for a reader that has gone away.
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') process.exitCode ||= ExitCode.failed;
  });
}

// The program never calls process.exit, which would cut off output that a pipe has not read yet.
try {
  await program.parseAsync();
} catch (error) {
  if (error instanceof CommanderError) {
    process.exitCode = error.exitCode === 0 ? ExitCode.ok : ExitCode.usage;
  } else {
    console.error(error instanceof Error ? `ebbcache: ${error.message}` : error);
    process.exitCode = ExitCode.failed;
  }
}
