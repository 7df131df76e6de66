import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  closeSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  statSync,
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

function start(args: string[], stdin: 'ignore' | 'pipe' = 'ignore'): ChildProcess {
  return spawn(process.execPath, [main, ...args], { stdio: [stdin, 'pipe', 'pipe'] });
}

/** Runs the command with a list of paths on stdin. */
async function runWithList(list: string | Buffer, ...args: string[]) {
  const child = start(['extract', '--quiet', '--files-from', '-', ...args], 'pipe');
  child.stdin!.end(list);
  const [stdout, stderr, [code]] = await Promise.all([
    text(child.stdout!),
    text(child.stderr!),
    once(child, 'close'),
  ]);
  return { code, stdout, stderr };
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

// Commands store what they extract for the next one, so each test begins with an empty folder.
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

describe('the command ebbcache', () => {
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

  it('refuses wrong usage with a reason and exit code 2', async () => {
    const wrong = [
      [],
      ['no-such-command'],
      ['extract'],
      ['extract', '--no-such-option', '.'],
      ['extract', '--concurrency', '0', '.'],
      ['extract', '--concurrency', '', '.'],
      ['extract', '--max-memory', '1e9', '.'],
      ['extract', '--max-disk', '-1', '.'],
      ['extract', '-0', '.'],
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

describe('the command ebbcache with a typing error', () => {
  it.each([
    [['extrct', '.'], 'Did you mean extract?'],
    [['extract', '--concurency', '2', '.'], 'Did you mean --concurrency?'],
    [['clear', '--cachedir', '.'], 'Did you mean --cache-dir?'],
    [['extract', '--file-from', '-'], 'Did you mean --files-from?'],
  ])('suggests the probable meaning of %j', async (args, suggestion) => {
    const { code, stderr } = await run(...args);
    expect(code).toBe(2);
    expect(stderr).toContain(suggestion);
  });
});

describe('ebbcache extract --files-from', () => {
  const dot = join(images, 'dot.gif');
  const plain = join(images, 'plain.jpg');

  it('reads paths from stdin or a file, after those of the command line', async () => {
    const files = ({ stdout }: { stdout: string }) => parseLines(stdout).map(({ file }) => file);
    expect(files(await runWithList(`${dot}\n\n${plain}`))).toEqual([dot, plain]);
    expect(files(await runWithList(`${dot}\0${plain}\0`, '-0', plain))).toEqual([
      plain,
      dot,
      plain,
    ]);
    const list = join(cacheHome, 'list');
    writeFileSync(list, `${dot}\n`);
    expect(files(await run('extract', '-q', '--files-from', list))).toEqual([dot]);
  });

  it('prints finished records before the list has ended', async () => {
    const child = start(['extract', '--quiet', '--files-from', '-'], 'pipe');
    const files: string[] = [];
    child.stdin!.write(`${dot}\n`);
    for await (const chunk of child.stdout!) {
      for (const { file } of parseLines(String(chunk))) files.push(file);
      if (files.length === 1) child.stdin!.end(`${plain}\n`);
    }
    expect(files).toEqual([dot, plain]);
  });

  it('reports a name that is not UTF-8, and continues', async () => {
    const list = Buffer.concat([Buffer.from([0x63, 0xe9, 0x0a]), Buffer.from(`${dot}\n`)]);
    const { code, stdout } = await runWithList(list);
    expect(code).toBe(1);
    const error = expect.stringMatching(/^"c\\xe9" cannot be read: its name is not UTF-8\./);
    expect(parseLines(stdout)).toMatchObject([{ file: 'c\ufffd', error }, { file: dot }]);
  });

  it('reports what is wrong with a list', async () => {
    const missing = await run('extract', '--files-from', join(cacheHome, 'none'));
    expect(missing).toMatchObject({ code: 1, stdout: '' });
    expect(missing.stderr).toContain('The list of files cannot be read: ENOENT');
    const mixed = await runWithList(`${dot}\0${plain}\0`);
    expect(mixed).toMatchObject({ code: 1, stdout: '' });
    expect(mixed.stderr).toContain('add -0');
  });

  it.skipIf(process.platform === 'win32').each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('ends with its summary at %s while it waits for a path', async (signal, expected) => {
    const child = start(['extract', '--files-from', '-'], 'pipe');
    const stderr = text(child.stderr!);
    child.stdin!.write(`${dot}\n`);
    await once(child.stdout!, 'data');
    child.kill(signal);
    expect(await once(child, 'close')).toEqual([expected, null]);
    expect(await stderr).toMatch(/^1 file: .+ cached\n$/);
  });
});

describe('ebbcache extract', () => {
  it('extracts again with --refresh, and stores the result', async () => {
    const dot = join(images, 'dot.gif');
    const cached = async (...args: string[]) =>
      parseLines((await run('extract', '-q', dot, ...args)).stdout).map((record) => record.cached);
    expect(await cached()).toEqual([false]);
    expect(await cached('--refresh')).toEqual([false]);
    expect(await cached()).toEqual([true]);
  });

  it('emits no warning when many files are in flight', async () => {
    const files = Array.from({ length: 100 }, (_, i) => join(cacheHome, `${i}.gif`));
    for (const file of files) copyFileSync(join(images, 'dot.gif'), file);
    const { stderr } = await run('extract', '--concurrency', '64', ...files);
    expect(stderr).toMatch(/^100 files: 0 hits, 100 misses, 0 failures .+ cached\n$/);
  });

  it('prints one object per line and a summary', async () => {
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
      // The memory that the cache holds from the OS is not compared, because that is some MiB.
      expect(stderr).toMatch(
        /^1 file: 0 hits, 1 miss, 0 failures, 1 skipped in \d+\.\d\d s; \d{3} B cached\n$/,
      );
    });
  });

  it.runIf(process.platform === 'linux')(
    'exits with code 1 if its output cannot be written',
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

  it('reports hits, and prints nothing when it is to be quiet', async () => {
    const file = join(images, 'dot.gif');
    const { stdout, stderr } = await run('extract', '--quiet', '--concurrency=1', file, file);
    expect(parseLines(stdout).map((record) => record.cached)).toEqual([false, true]);
    expect(stderr).toBe('');
  });

  it('extracts no file twice, except with --refresh', async () => {
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

  it('reports a disk tier that cannot be used, and continues', async () => {
    const taken = join(cacheHome, 'a-file');
    writeFileSync(taken, '');
    const { code, stdout, stderr } = await run('extract', '--cache-dir', taken, images);
    expect(code).toBe(0);
    expect(parseLines(stdout)).toHaveLength(fixtureTruths().length);
    expect(stderr).toMatch(/^ebbcache: .+ is not a folder\. .+\n10 files: /);
  });

  it('exits with code 1 if a file fails, after all others', async () => {
    const missing = join(images, 'none.jpg');
    const { code, stdout, stderr } = await run('extract', missing, join(fixtures, 'bad'), images);
    const records = parseLines(stdout);
    expect(code).toBe(1);
    expect(records[0]).toEqual({ file: missing, error: expect.stringContaining('no such file') });
    expect(records.filter((record) => 'error' in record)).toHaveLength(8);
    expect(records.filter((record) => 'metadata' in record)).toHaveLength(10);
    expect(stderr).toMatch(/^18 files: 0 hits, 10 misses, 8 failures /);
  });

  it('exits quietly when its reader closes the pipe', async () => {
    const child = start(['extract', ...Array(2000).fill(join(images, 'harbour.jpg'))]);
    const stderr = text(child.stderr!);
    child.stdout!.once('data', () => child.stdout!.destroy());
    const [code] = await once(child, 'close');
    expect({ code, stderr: await stderr }).toEqual({ code: 0, stderr: '' });
  });

  it.skipIf(process.platform === 'win32')(
    'exits on Ctrl-C with its summary and code 130',
    async () => {
      const child = start(['extract', ...Array(2000).fill(join(images, 'harbour.jpg'))]);
      const stderr = text(child.stderr!);
      // The pipe is not read further: the command waits for its reader when the signal comes.
      await once(child.stdout!, 'readable');
      child.kill('SIGINT');
      child.stdout!.resume();
      const [code] = await once(child, 'close');
      expect(code).toBe(130);
      expect(await stderr).toMatch(/^\d+ files?: .+ cached\n$/);
    },
  );
});

describe('ebbcache stats', () => {
  it('reports what the cache of other processes holds, and what they counted', async () => {
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
        evictionsByEntries: 0,
        cacheWrites: 10,
        cacheInvalidations: 0,
        tierErrors: 0,
      },
    ]);
    const readable = await run('stats');
    expect(readable.stdout).toMatch(/on disk +10 entries/);
    expect(readable.stdout).toMatch(/hits +11 \(52\.4 %\)/);
  });

  it('creates no cache where there is none', async () => {
    const nowhere = join(cacheHome, 'nowhere');
    const { code, stdout, stderr } = await run('stats', '--cache-dir', nowhere);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toContain(nowhere);
    expect(existsSync(nowhere)).toBe(false);
  });

  it('finds no cache in files of other programs', async () => {
    const notes = join(cacheHome, 'cache.ring');
    writeFileSync(notes, 'notes of somebody '.repeat(1000));
    const { code, stdout, stderr } = await run('stats', '--cache-dir', cacheHome);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toBe(
      `ebbcache: There is no cache in ${cacheHome}. Name its folder by --cache-dir.\n`,
    );
    expect(readFileSync(notes, 'utf8')).toMatch(/^notes of somebody /);
  });
});

describe('a folder of values by key', () => {
  it('is reported as such, and is not cleared', async () => {
    const values = join(cacheHome, 'values');
    const disk = { dir: values, maxBytes: 1 << 20 };
    const cache = new ArenaCache({ maxBytes: 65_536, disk });
    cache.set('key', 'value');
    cache.set('other', 'value');
    await cache.flush();
    cache.close();
    const { code, stdout, stderr } = await run('stats', '--json', '--cache-dir', values);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const diskBytes = statSync(join(values, 'cache.ring')).size;
    expect(parseLines(stdout)).toEqual([
      { cacheDir: values, kind: 'values', diskEntries: 2, diskBytes },
    ]);
    expect((await run('stats', '--cache-dir', values)).stdout).toMatch(/^holds +values by key/m);
    const refused = await run('clear', '--cache-dir', values);
    expect(refused).toMatchObject({ code: 1, stdout: '' });
    expect(refused.stderr).toContain('holds values by key');
    const again = new ArenaCache({ maxBytes: 65_536, disk });
    expect(again.get('key')).toBe('value');
    again.close();
  });
});

describe('ebbcache clear', () => {
  const cachedOf = async (...files: string[]) =>
    parseLines((await run('extract', '-q', ...files)).stdout).map((record) => record.cached);

  it('removes all records, and reports how many', async () => {
    const dir = join(cacheHome, 'ebbcache');
    await run('extract', '-q', images);
    const { code, stdout, stderr } = await run('clear');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toBe(`Cleared all there was, 10 records, from ${dir}.\n`);
    expect(parseLines((await run('stats', '--json')).stdout)).toMatchObject([{ diskEntries: 0 }]);
    expect(await cachedOf(join(images, 'dot.gif'))).toEqual([false]);
  });

  it('removes those of a file or below a folder, also where the file no longer exists', async () => {
    const [a, b] = [join(cacheHome, 'a'), join(cacheHome, 'a.gif')];
    mkdirSync(a);
    for (const file of [join(a, '1.gif'), join(a, '2.gif'), b]) {
      copyFileSync(join(images, 'dot.gif'), file);
    }
    await run('extract', '-q', '--max-disk', '40', a, b);
    rmSync(join(a, '1.gif'));
    const dir = join(cacheHome, 'ebbcache');
    expect((await run('clear', a)).stdout).toBe(`Cleared 2 records of 2 files from ${dir}.\n`);
    expect(await cachedOf('--max-disk', '40', join(a, '2.gif'), b)).toEqual([false, true]);
    expect((await run('clear', b)).stdout).toBe(`Cleared 1 record of 1 file from ${dir}.\n`);
  });

  it('creates no cache where there is none', async () => {
    const nowhere = join(cacheHome, 'nowhere');
    const { code, stdout } = await run('clear', '--cache-dir', nowhere);
    expect(code).toBe(0);
    expect(stdout).toBe(`Cleared nothing: there is no cache in ${nowhere}.\n`);
    expect(existsSync(nowhere)).toBe(false);
  });
});

describe('ebbcache memory', () => {
  it('prints lines of text', async () => {
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

  it.skipIf(process.platform === 'win32')('samples repeatedly until Ctrl-C', async () => {
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
