// Tests a disk that is full, or whose lock is held elsewhere: the cache continues in memory and with the records on
// disk, and writes again by itself.

import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { Caches } from './helpers/caches.js';
import { packageUrl } from './helpers/run-script.js';
import { withTempFolder } from './helpers/temp-folder.js';

const script = fileURLToPath(new URL('./helpers/disk-full.mjs', import.meta.url));
const onLinux = process.platform === 'linux';
const canMount = onLinux && process.geteuid?.() === 0;
if (!canMount)
  console.log('A full file system is not tested: it takes Linux, and root to mount one.');
const canLock = spawnSync('flock', ['--version']).status === 0;
if (!canLock) console.log("A lock that is held is not tested: it takes 'flock', of util-linux.");

/** No call waits for the disk, but a machine under load may stop the process for a while. */
const GUARD_MS = 1000;

/** Runs the script by a shell, after the command. */
function putTooMuch(before: string, ...args: string[]) {
  const words = [process.execPath, script, packageUrl, ...args].map((each) => `"${each}"`);
  const command = `${before}; exec ${words.join(' ')}`;
  const { status, signal, stdout, stderr } = spawnSync('bash', ['-c', command], {
    encoding: 'utf8',
  });
  expect({ status, signal, stderr }).toEqual({ status: 0, signal: null, stderr: '' });
  const { longestMs, ...outcome } = JSON.parse(stdout);
  expect(longestMs).toBeLessThan(GUARD_MS);
  return outcome;
}

const goesOn = { refused: 0, wrong: 0, isInMemory: true, unhandled: [] };

/** There is room for a part of the ring only, so the ring is smaller. */
function expectSmallerRing(outcome: ReturnType<typeof putTooMuch>): void {
  const nothing = { isFlushed: true, tierErrors: 0, diskDrops: 0, warnings: [], infos: [] };
  expect(outcome).toMatchObject({ ...goesOn, ...nothing });
  // More records are found than the 20 that memory holds.
  expect(outcome.found).toBeGreaterThan(25);
}

function expectTrouble(outcome: ReturnType<typeof putTooMuch>): void {
  expect(outcome).toMatchObject({ ...goesOn, isFlushed: false, tierErrors: 1 });
  expect(outcome.diskDrops).toBeGreaterThan(100);
  expect(outcome.warnings).toEqual([expect.stringMatching(/^The disk has no room /)]);
}

describe('a limit on the size of files', () => {
  it.runIf(onLinux).each([
    ['a part of the ring', 3000, expectSmallerRing],
    ['a chunk or two', 1000, expectSmallerRing],
    ['not even the index', 500, expectTrouble],
  ])('loses no put where it leaves room for %s', async (_, kilobytes, expectOutcome) => {
    await withTempFolder(async (folder) => {
      expectOutcome(putTooMuch(`ulimit -f ${kilobytes}`, join(folder, 'cache')));
    });
  });
});

describe('a full disk', () => {
  it.runIf(canMount).each([
    ['a part of the ring', 6000, expectSmallerRing],
    ['the index alone', 9400, expectTrouble],
    ['nothing', 10_200, expectTrouble],
  ])(
    'loses no put, and is written to again once there is room: full except for %s',
    async (_, kilobytes, expectOutcome) => {
      await withTempFolder(async (folder) => {
        const mounted = join(folder, 'small');
        mkdirSync(mounted);
        const options = ['-t', 'tmpfs', '-o', 'size=10m', 'tmpfs', mounted];
        expect(spawnSync('mount', options).status).toBe(0);
        try {
          const filler = join(mounted, 'filler');
          writeFileSync(filler, Buffer.alloc(kilobytes * 1024));
          const outcome = putTooMuch('true', join(mounted, 'cache'), filler);
          expectOutcome(outcome);
          expect(outcome.isBack).toBe(true);
          const recovered = outcome.warnings.map(() => expect.stringMatching(/is in use again\.$/));
          expect(outcome.infos).toEqual(recovered);
        } finally {
          spawnSync('umount', [mounted]);
        }
      });
    },
  );
});

describe('a lock that a stopped process holds', () => {
  const caches = new Caches();

  /** Starts a process that holds the lock of the file, and stops it. */
  async function stopWith(path: string): Promise<ChildProcess> {
    const holder = spawn('flock', ['-x', path, 'sh', '-c', 'echo held; exec sleep 600'], {
      detached: true,
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    await once(holder.stdout!, 'data');
    process.kill(-holder.pid!, 'SIGSTOP');
    return holder;
  }

  it.runIf(canLock)('blocks only writes, is reported once, and recovers by itself', async () => {
    const cache = caches.make({ validate: 'none', maxDiskSizeMb: 8, maxMemoryMb: 1 });
    for (let i = 0; i < 100; i++) cache.put(`/before/${i}`, { i, text: 'x'.repeat(20_000) });
    expect(await cache.flush()).toBe(true);
    const holder = await stopWith(join(caches.cacheDir, 'cache.ring'));
    let longestMs = 0;
    const timed = <T>(call: () => T): T => {
      const began = performance.now();
      const result = call();
      longestMs = Math.max(longestMs, performance.now() - began);
      return result;
    };
    try {
      const { warn, info } = caches.logger;
      for (let round = 0; warn.mock.calls.length === 0; round++) {
        for (let i = 0; i < 100; i++) {
          expect(timed(() => cache.get(`/before/${i}`))).toMatchObject({ i });
          const record = { round, text: 'y'.repeat(20_000) };
          expect(timed(() => cache.put(`/during/${i}`, record))).toBe(true);
          timed(() => cache.invalidateFile('/invalidated'));
        }
        expect(timed(() => cache.get('/during/99'))).toMatchObject({ round });
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
      expect(warn.mock.calls.map(([, message]) => message)).toEqual([
        expect.stringMatching(/^Another process holds the lock /),
      ]);
      cache.put('/before/1', { n: 'new' });
      cache.invalidateFile('/before/2');
      for (let i = 0; i < 2000; i++) {
        timed(() => cache.put(`/more/${i}`, { i, text: 'z'.repeat(5000) }));
      }
      expect(cache.getStats().diskDrops).toBeGreaterThan(0);
      expect(await cache.flush()).toBe(false);
      expect(cache.get('/before/0')).toMatchObject({ i: 0 });
      expect(await cache.fetch('/fetched', () => ({ n: 1 }))).toEqual({ n: 1 });
      process.kill(-holder.pid!, 'SIGCONT');
      const ended = once(holder, 'exit');
      process.kill(-holder.pid!, 'SIGKILL');
      expect(await ended).toEqual([null, 'SIGKILL']);
      await expect.poll(() => info.mock.calls.length, { timeout: 30_000 }).toBe(1);
      expect(info.mock.calls[0]![1]).toMatch(/is in use again\.$/);
      cache.put('/after', { n: 1 });
      await expect.poll(() => cache.flush(), { timeout: 30_000 }).toBe(true);
      expect(warn).toHaveBeenCalledTimes(1);
      expect(longestMs).toBeLessThan(GUARD_MS);
    } finally {
      try {
        process.kill(-holder.pid!, 'SIGKILL');
      } catch {
        // The process has ended.
      }
    }
    const next = caches.restart(cache, { validate: 'none', maxDiskSizeMb: 8 });
    expect(next.get('/after')).toEqual({ n: 1 });
    expect(next.get('/before/2')).toBeUndefined();
    expect([undefined, { n: 'new' }]).toContainEqual(next.get('/before/1'));
  });
});
