import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  closeSync,
  copyFileSync,
  existsSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ArenaCache } from '../lib/index.js';
import { withTempFolder } from './helpers/temp-folder.js';
import { fixtures, fixtureTruths } from './helpers/truth.js';

const main = fileURLToPath(new URL('../dist/cli/main.js', import.meta.url));
const images = join(fixtures, 'images');

function start(args: string[]): ChildProcess {
  return spawn(process.execPath, [main, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
}

async function run(...args: string[]) {
  const child = start(args);
  const [stdout, stderr, [code]] = await Promise.all([
    text(child.stdout!),
    text(child.stderr!),
    once(child, 'close'),
  ]);
  return { code, stdout, stderr };
}

function parseLines(stdout: string) {
  expect(stdout.endsWith('\n')).toBe(true);
  return stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
}

// Commands keep what they extract for the next one: each test begins with nothing.
let cacheHome: string;

beforeEach(() => {
  cacheHome = mkdtempSync(join(tmpdir(), 'ebbcache-cli-'));
  vi.stubEnv('XDG_CACHE_HOME', cacheHome);
  vi.stubEnv('LOCALAPPDATA', cacheHome);
});

afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(cacheHome, { recursive: true, force: true });
});

describe('ebbcache', () => {
  it('prints its version and its help', async () => {
    const packageFile = new URL('../package.json', import.meta.url);
    const { version } = JSON.parse(readFileSync(packageFile, 'utf8'));
    expect(await run('--version')).toEqual({ code: 0, stdout: `${version}\n`, stderr: '' });
    const help = await run('--help');
    expect(help).toMatchObject({ code: 0, stderr: '' });
    expect(help.stdout).toMatch(/extract.+stats.+memory/s);
    expect(help.stdout).toContain('the output could not be written');
    expect((await run('extract', '--help')).code).toBe(0);
  });

  it('refuses wrong usage with a reason and 2', async () => {
    const wrong = [
      [],
      ['no-such-command'],
      ['extract'],
      ['extract', '--no-such-option', '.'],
      ['extract', '--concurrency', '0', '.'],
      ['extract', '--concurrency', '', '.'],
      ['extract', '--max-memory', '1e9', '.'],
      ['extract', '--max-disk', '-1', '.'],
      ['stats', 'too-much'],
      ['memory', '--interval', 'soon'],
      ['memory', 'too-much'],
    ];
    const outcomes = await Promise.all(wrong.map((args) => run(...args)));
    for (const [i, { code, stdout, stderr }] of outcomes.entries()) {
      expect({ args: wrong[i], code, stdout }).toEqual({ args: wrong[i], code: 2, stdout: '' });
      expect(stderr).not.toBe('');
    }
  });
});

describe('ebbcache extract', () => {
  it('prints an object a line and a summary', async () => {
    const { code, stdout, stderr } = await run('extract', images);
    const records = parseLines(stdout);
    expect(code).toBe(0);
    expect(records).toHaveLength(fixtureTruths().length);
    for (const record of records) {
      expect(record).toEqual({
        file: expect.any(String),
        cached: false,
        metadata: expect.any(Object),
      });
    }
    expect(stderr).toMatch(
      /^10 files: 0 hits, 10 misses, 0 failures in \d+\.\d\d s; [\d.]+ [KM]iB cached\n$/,
    );
  });

  it('counts in its summary what the entries hold, and what was skipped', async () => {
    await withTempFolder(async (folder) => {
      copyFileSync(join(images, 'dot.gif'), join(folder, 'dot.gif'));
      symlinkSync(join(folder, 'gone'), join(folder, 'nowhere'));
      const { stderr } = await run('extract', folder);
      // Not what the cache holds from the OS: that is some MiB.
      expect(stderr).toMatch(
        /^1 file: 0 hits, 1 miss, 0 failures, 1 skipped in \d+\.\d\d s; \d{3} B cached\n$/,
      );
    });
  });

  it.runIf(process.platform === 'linux')(
    'ends with 1 if its output cannot be written',
    async () => {
      const full = openSync('/dev/full', 'w');
      for (const args of [['extract', '--quiet', images], ['memory']]) {
        const child = spawn(process.execPath, [main, ...args], { stdio: ['ignore', full, 'pipe'] });
        const [stderr, [code]] = await Promise.all([text(child.stderr!), once(child, 'close')]);
        expect(code).toBe(1);
        expect(stderr).toMatch(/^Writing the output failed: ENOSPC.+\n$/);
      }
      closeSync(full);
    },
  );

  it('tells of hits, and is silent when asked to be', async () => {
    const file = join(images, 'dot.gif');
    const { stdout, stderr } = await run('extract', '--quiet', '--concurrency=1', file, file);
    expect(parseLines(stdout).map((record) => record.cached)).toEqual([false, true]);
    expect(stderr).toBe('');
  });

  it('extracts nothing twice, unless it is told to', async () => {
    const cached = async (...args: string[]) => {
      const { stdout } = await run('extract', '--quiet', ...args, join(images, 'dot.gif'));
      return parseLines(stdout).map((record) => record.cached);
    };
    expect(await cached()).toEqual([false]);
    expect(await cached()).toEqual([true]);
    expect(await cached('--max-disk', '0')).toEqual([false]);
    const elsewhere = join(cacheHome, 'elsewhere');
    expect(await cached('--cache-dir', elsewhere)).toEqual([false]);
    expect(await cached('--cache-dir', elsewhere)).toEqual([true]);
  });

  it('tells of a cache on disk that cannot be used, and goes on', async () => {
    const taken = join(cacheHome, 'a-file');
    writeFileSync(taken, '');
    const { code, stdout, stderr } = await run('extract', '--cache-dir', taken, images);
    expect(code).toBe(0);
    expect(parseLines(stdout)).toHaveLength(fixtureTruths().length);
    expect(stderr).toMatch(/^ebbcache: .+ is not a folder\. .+\n10 files: /);
  });

  it('ends with 1 if a file fails, after all others', async () => {
    const missing = join(images, 'none.jpg');
    const { code, stdout, stderr } = await run('extract', missing, join(fixtures, 'bad'), images);
    const records = parseLines(stdout);
    expect(code).toBe(1);
    expect(records[0]).toEqual({ file: missing, error: expect.stringContaining('no such file') });
    expect(records.filter((record) => 'error' in record)).toHaveLength(8);
    expect(records.filter((record) => 'metadata' in record)).toHaveLength(10);
    expect(stderr).toMatch(/^18 files: 0 hits, 10 misses, 8 failures /);
  });

  it('ends quietly when its reader goes away', async () => {
    const child = start(['extract', ...Array(2000).fill(join(images, 'harbour.jpg'))]);
    const stderr = text(child.stderr!);
    child.stdout!.once('data', () => child.stdout!.destroy());
    const [code] = await once(child, 'close');
    expect({ code, stderr: await stderr }).toEqual({ code: 0, stderr: '' });
  });

  it.skipIf(process.platform === 'win32')('ends Ctrl-C with its summary and 130', async () => {
    const child = start(['extract', ...Array(2000).fill(join(images, 'harbour.jpg'))]);
    const stderr = text(child.stderr!);
    // The pipe is not read on: the command waits for its reader when the signal comes.
    await once(child.stdout!, 'readable');
    child.kill('SIGINT');
    child.stdout!.resume();
    const [code] = await once(child, 'close');
    expect(code).toBe(130);
    expect(await stderr).toMatch(/^\d+ files?: .+ cached\n$/);
  });
});

describe('ebbcache stats', () => {
  it('tells what the cache of other processes has, and what they counted', async () => {
    await run('extract', images);
    await run('extract', '--quiet', images, join(images, 'dot.gif'));
    const { code, stdout, stderr } = await run('stats', '--json');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(parseLines(stdout)).toEqual([
      {
        cacheDir: join(cacheHome, 'ebbcache'),
        diskEntries: 10,
        diskBytes: expect.any(Number),
        hits: 11,
        misses: 10,
        totalRequests: 21,
        hitRatePercent: (100 * 11) / 21,
        memoryHits: 1,
        diskHits: 10,
        remoteHits: 0,
        evictions: 0,
        cacheWrites: 10,
        cacheInvalidations: 0,
        tierErrors: 0,
      },
    ]);
    const readable = await run('stats');
    expect(readable.stdout).toMatch(/on disk +10 entries/);
    expect(readable.stdout).toMatch(/hits +11 \(52\.4 %\)/);
  });

  it('makes no cache where there is none', async () => {
    const nowhere = join(cacheHome, 'nowhere');
    const { code, stdout, stderr } = await run('stats', '--cache-dir', nowhere);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toContain(nowhere);
    expect(existsSync(nowhere)).toBe(false);
  });

  it('finds none in what is of somebody else, or of values', async () => {
    const notes = join(cacheHome, 'cache.ring');
    writeFileSync(notes, 'notes of somebody '.repeat(1000));
    const values = join(cacheHome, 'values');
    const cache = new ArenaCache({ maxBytes: 65_536, disk: { dir: values, maxBytes: 1 << 20 } });
    cache.set('key', 'value');
    cache.close();
    for (const folder of [cacheHome, values]) {
      const { code, stdout, stderr } = await run('stats', '--cache-dir', folder);
      expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
      expect(stderr).toBe(
        `ebbcache: There is no cache in ${folder}. Name its folder by --cache-dir.\n`,
      );
    }
    expect(readFileSync(notes, 'utf8')).toMatch(/^notes of somebody /);
  });
});

describe('ebbcache memory', () => {
  it('prints lines for a reader', async () => {
    const { code, stdout, stderr } = await run('memory');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(/^level +(NORMAL|ELEVATED|HIGH|CRITICAL)$/m);
    expect(stdout).toMatch(/^available +[\d.]+ MiB$/m);
  });

  it('prints JSON', async () => {
    const { code, stdout } = await run('memory', '--json');
    const [report, ...rest] = parseLines(stdout);
    expect({ code, rest }).toEqual({ code: 0, rest: [] });
    expect(report.system.totalMb).toBeGreaterThan(0);
    expect(report.process.rssMb).toBeGreaterThan(0);
    expect(['system', 'cgroup']).toContain(report.limitedBy);
  });

  it.skipIf(process.platform === 'win32')('watches until Ctrl-C', async () => {
    const child = start(['memory', '--watch', '--json', '--interval=0.05']);
    let stdout = '';
    for await (const chunk of child.stdout!) {
      stdout += chunk;
      if (stdout.split('\n').length === 4) child.kill('SIGINT');
    }
    if (child.exitCode === null) await once(child, 'close');
    expect(child.exitCode).toBe(130);
    expect(parseLines(stdout).length).toBeGreaterThanOrEqual(3);
  });
});
