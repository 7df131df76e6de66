// Tests what the command finally shows on the screen of a terminal.

import { spawnSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { hasPseudoTerminals, PseudoTerminal, resizeTo } from './helpers/pseudo-terminal.js';
import { Screen } from './helpers/screen.js';
import { fixtures } from './helpers/truth.js';

const main = fileURLToPath(new URL('../dist/cli/main.js', import.meta.url));
const command = `'${process.execPath}' '${main}' extract`;
const images = join(fixtures, 'images');
const summary = (files: number) => new RegExp(`^${files} files?: .+ cached$`);
/** This allows for the redraws of a few hundred extractions, which take some tenths of a second or more. */
const MANY = 300;
const many = `${command} --refresh --concurrency 1 $(yes '${join(images, 'harbour.jpg')}' | head -n ${MANY})`;

if (!hasPseudoTerminals) {
  console.log('The tests of the command on a terminal need the script of util-linux (bsdutils).');
}

let folder: string;
let terminals: PseudoTerminal[] = [];

function openTerminal(columns: number, line: string): PseudoTerminal {
  const terminal = new PseudoTerminal(columns, line);
  terminals.push(terminal);
  return terminal;
}

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ebbcache-terminal-'));
  vi.stubEnv('XDG_CACHE_HOME', folder);
});

afterEach(() => {
  vi.unstubAllEnvs();
  for (const terminal of terminals) terminal.close();
  terminals = [];
  rmSync(folder, { recursive: true, force: true });
});

function recordsOf(lines: string[]): { file: string }[] {
  return lines.map((line) => JSON.parse(line));
}

describe('the model of a terminal screen', () => {
  it('wraps, erases and returns as a terminal does', () => {
    const screen = new Screen(4, false).write('abcdef\r\nxy\rz\x1b[K\r\n\x1b[?7lmnopq\x1b[?7h');
    expect(screen.lines).toEqual(['abcdef', 'z', 'mnoq']);
    expect(new Screen(4, false).write('ab\x1b7\r\ncd\x1b8X').lines).toEqual(['abX', 'cd']);
    expect(() => new Screen(4, false).write('\x1b[5A')).toThrow('does not know');
  });

  it.each([true, false])('preserves what it shows when it is resized (rewraps: %s)', (rewraps) => {
    const screen = new Screen(6, rewraps).write('abcdefgh\r\n123456\r\x1b]9;cols=3\x07');
    expect(screen.lines).toEqual(['abcdefgh', '123456']);
    expect(screen.write('\x1b[Jnew').lines).toEqual(['abcdefgh', 'new']);
  });
});

describe.runIf(hasPseudoTerminals)('ebbcache extract on a terminal', () => {
  it.each([20, 60, 200])(
    'prints whole lines in %i columns, with the summary below',
    async (columns) => {
      const terminal = openTerminal(columns, `${command} '${images}'`);
      expect(await terminal.end()).toBe(0);
      for (const lines of terminal.screens()) {
        expect(lines.at(-1)).toMatch(summary(10));
        expect(recordsOf(lines.slice(0, -1))).toHaveLength(10);
      }
    },
  );

  it('draws a bar on a line without a record, and erases it at the end', async () => {
    const terminal = openTerminal(50, many);
    expect(await terminal.end()).toBe(0);
    expect(terminal.output).toContain(`/${MANY} files | `);
    expect(terminal.output).toContain('\u2591');
    for (const lines of terminal.screens()) {
      expect(lines.at(-1)).toMatch(summary(MANY));
      expect(recordsOf(lines.slice(0, -1))).toHaveLength(MANY);
    }
  });

  it('continues correctly when the terminal is resized while it draws', async () => {
    const list = join(folder, 'list');
    spawnSync('mkfifo', [list]);
    const resizing = [15, 90, 30, 70].map((columns) => `read key; ${resizeTo(columns)}`).join('; ');
    const work = `stty -echo; ${command} --files-from '${list}' </dev/null & ${resizing}; wait`;
    const terminal = openTerminal(60, work);
    const paths = openSync(list, 'r+');
    let seen = 0;
    for (const [i, columns] of [15, 90, 30, 70].entries()) {
      writeSync(paths, `${join(images, 'dot.gif')}\n`);
      seen = await terminal.see(/"file":/, seen);
      seen = await terminal.see(new RegExp(`${i + 1} files`), seen);
      terminal.type('\n');
      seen = await terminal.see(new RegExp(`cols=${columns}`), seen);
      seen = await terminal.see(new RegExp(`${i + 1} files`), seen);
    }
    closeSync(paths);
    await terminal.end();
    for (const lines of terminal.screens()) {
      expect(lines.at(-1)).toMatch(summary(4));
      expect(recordsOf(lines.slice(0, -1))).toHaveLength(4);
    }
  });

  it('prints only records with -q', async () => {
    const terminal = openTerminal(50, `${many} -q`);
    expect(await terminal.end()).toBe(0);
    expect(terminal.output).not.toContain('\x1b');
    for (const lines of terminal.screens()) expect(recordsOf(lines)).toHaveLength(MANY);
  });

  it('shows only the bar on the terminal while stdout is a file', async () => {
    const out = join(folder, 'out');
    const terminal = openTerminal(50, `${many} > '${out}'`);
    expect(await terminal.end()).toBe(0);
    expect(terminal.output).toContain(`/${MANY} files | `);
    for (const lines of terminal.screens())
      expect(lines).toEqual([expect.stringMatching(summary(MANY))]);
    expect(recordsOf(readFileSync(out, 'utf8').trimEnd().split('\n'))).toHaveLength(MANY);
  });

  it('draws nothing where the reader of its pipe may print on the terminal', async () => {
    const terminal = openTerminal(50, `${many} | cat`);
    expect(await terminal.end()).toBe(0);
    expect(terminal.output).not.toContain('\x1b');
    for (const lines of terminal.screens()) {
      const isSummary = (line: string) => summary(MANY).test(line);
      expect(lines.filter(isSummary)).toHaveLength(1);
      expect(recordsOf(lines.filter((line) => !isSummary(line)))).toHaveLength(MANY);
    }
  });

  it('always draws with --progress, and never with --no-progress', async () => {
    const shown = openTerminal(50, `${many} --progress | wc -l`);
    const hidden = openTerminal(50, `${many} --no-progress`);
    await Promise.all([shown.end(), hidden.end()]);
    expect(shown.output).toContain(`/${MANY} files | `);
    expect(hidden.output).not.toContain('\x1b');
  });

  it('draws nothing where stderr is not a terminal', async () => {
    const err = join(folder, 'err');
    const terminal = openTerminal(50, `${many} 2> '${err}'`);
    expect(await terminal.end()).toBe(0);
    expect(terminal.output).not.toContain('\x1b');
    for (const lines of terminal.screens()) expect(recordsOf(lines)).toHaveLength(MANY);
    expect(readFileSync(err, 'utf8')).toMatch(/^300 files: .+ cached\n$/);
  });

  it('ends with its summary on Ctrl-C, also while it waits for a path', async () => {
    const list = join(folder, 'list');
    spawnSync('mkfifo', [list]);
    const terminal = openTerminal(50, `${command} --files-from '${list}'`);
    const paths = openSync(list, 'r+');
    writeSync(paths, `${join(images, 'dot.gif')}\n`);
    const seen = await terminal.see(/"file":/);
    await terminal.see(/1 files/, seen);
    terminal.type('\x03');
    expect(await terminal.end()).toBe(130);
    closeSync(paths);
    for (const lines of terminal.screens()) {
      expect(lines.at(-1)).toMatch(/^(\^C)?1 file: .+ cached$/);
      expect(recordsOf(lines.slice(0, 1))).toHaveLength(1);
      expect(lines).toHaveLength(2);
    }
  });
});
