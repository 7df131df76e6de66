// Tests a process that is killed at any moment of its use of the disk tier: the next one opens it at once, finds
// only what was put, and finds all that flush had acknowledged. The folder stays the same, so that damage would add
// up. EBBCACHE_KILL_ROUNDS sets how many are killed (20 by default; 200 take some minutes, and the times to open
// are printed), and EBBCACHE_KILL_RECORDS how many records each puts (2000; 20000 are 100 MB).

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { expect, it, vi } from 'vitest';
import { native } from '../lib/native/addon.js';
import { packageUrl } from './helpers/run-script.js';
import { seededRandom } from './helpers/seeded-random.mjs';
import { withTempFolder } from './helpers/temp-folder.js';

const rounds = Number(process.env.EBBCACHE_KILL_ROUNDS ?? 20);
/** A guard against a hang. */
vi.setConfig({ testTimeout: 60_000 + rounds * 6000 });
const records = Number(process.env.EBBCACHE_KILL_RECORDS ?? 2000);
const script = fileURLToPath(new URL('./helpers/disk-kill.mjs', import.meta.url));

interface Opened {
  openMs: number;
  /** The version of each record, 0 for none, -1 for one that nobody put. */
  found: number[];
  warnings: string[];
  tierErrors: number;
  diskEntries: number;
  diskBytes: number;
}

interface Flushed {
  /** The records before this index are on the disk. */
  flushed: number;
  isComplete: boolean;
  warnings: string[];
}

interface Round {
  opened: Opened | undefined;
  flushed: Flushed[];
  /** The time to put all records, in a process that was not killed meanwhile. */
  endedMs: number | undefined;
  stderr: string;
}

/** The event after which the process is killed: its start, its read of all records, or its last put. */
type Stage = 'start' | 'look' | 'end';

const linesUntil = { start: '', look: '{"openMs"', end: '{"endedMs"' };

/** Kills the process `delay` ms after that event. */
async function runRound(
  folder: string,
  round: number,
  after: Stage,
  delay: number,
): Promise<Round> {
  const child = spawn(
    process.execPath,
    [script, packageUrl, folder, String(round), String(records)],
    { stdio: ['ignore', 'pipe', 'pipe'] },
  );
  const closed = once(child, 'close');
  const exited = once(child, 'exit');
  const stderr = text(child.stderr);
  let stdout = '';
  const isThere = new Promise<void>((resolve) => {
    if (after === 'start') resolve();
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      stdout += chunk;
      if (chunk.includes('\n') && stdout.includes(linesUntil[after])) resolve();
    });
  });
  await Promise.race([isThere, closed]);
  await setTimeout(delay);
  child.kill('SIGKILL');
  expect({ round, exit: await exited }).toEqual({ round, exit: [null, 'SIGKILL'] });
  await closed;
  const lines = stdout.split('\n').slice(0, -1);
  const told: Partial<Opened & Flushed & { endedMs: number }>[] = lines.map((line) =>
    JSON.parse(line),
  );
  return {
    opened: told.find((each): each is Opened => each.openMs !== undefined),
    flushed: told.filter((each): each is Flushed => each.flushed !== undefined),
    endedMs: told.at(-1)?.endedMs,
    stderr: await stderr,
  };
}

it('a killed process loses nothing that was flushed, and the next finds nothing that was not put', async () => {
  await withTempFolder(async (parent) => {
    const folder = join(parent, 'cache');
    const random = seededRandom(rounds);
    const flushedIn: number[] = Array.from({ length: records }, () => 0);
    const openTimes: number[] = [];
    const check = ({ opened, flushed, stderr }: Round, round: number) => {
      expect({ round, stderr }).toEqual({ round, stderr: '' });
      if (opened !== undefined) {
        const { found, warnings, tierErrors } = opened;
        const wrong = found.flatMap((version, record) => {
          const least = flushedIn[record]!;
          return version >= least && version < round ? [] : [{ record, version, least }];
        });
        const nothing = { wrong: [], warnings: [], tierErrors: 0 };
        expect({ round, wrong, warnings, tierErrors }).toEqual({ round, ...nothing });
        openTimes.push(opened.openMs);
      }
      for (const { flushed: count, isComplete, warnings } of flushed) {
        expect({ round, isComplete, warnings }).toEqual({ round, isComplete: true, warnings: [] });
        flushedIn.fill(round, 0, count);
      }
    };

    // One process runs to its end, so that records exist and its duration is known.
    const first = await runRound(folder, 1, 'end', 0);
    check(first, 1);
    expect(flushedIn).not.toContain(0);
    for (let round = 2; round < 2 + rounds; round++) {
      const after = random(8) === 0 ? 'start' : 'look';
      const delay = random(after === 'start' ? 600 : first.endedMs! * 1.1);
      check(await runRound(folder, round, after, delay), round);
    }
    const last = await runRound(folder, 2 + rounds, 'look', 0);
    check(last, 2 + rounds);
    // Next to the records there are dictionaries.
    expect(last.opened?.diskEntries).toBeGreaterThanOrEqual(records);
    expect(last.opened?.diskEntries).toBeLessThanOrEqual(records + 20);
    expect(native.diskIntegrity(folder)).toBe('');
    if (process.env.EBBCACHE_KILL_ROUNDS !== undefined) {
      openTimes.sort((a, b) => a - b);
      const [median, longest] = [openTimes[openTimes.length >> 1], openTimes.at(-1)];
      const { diskEntries, diskBytes } = last.opened!;
      console.log({ rounds, openMs: { median, longest }, diskEntries, diskBytes });
    }
  });
});
