import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { Screen } from './screen.js';

/** Tells whether the `script` of util-linux exists; that of other systems has other options. */
export const hasPseudoTerminals =
  process.platform === 'linux' &&
  /util-linux/.test(spawnSync('script', ['--version'], { encoding: 'utf8' }).stdout ?? '');

/** Returns a shell command that sets the width of its terminal to `columns`, and marks the moment for a Screen. */
export function resizeTo(columns: number): string {
  return `printf '\\033]9;cols=${columns}\\007'; stty cols ${columns}`;
}

/** Runs a command by a shell in a pseudo-terminal of its own. */
export class PseudoTerminal {
  readonly #child: ChildProcess;
  readonly #columns: number;
  readonly #ended: Promise<unknown[]>;
  #output = '';
  #onOutput = () => {};

  constructor(columns: number, command: string) {
    this.#columns = columns;
    // The variables of the tests are left out, because vitest sets the number of columns.
    const { COLUMNS, FORCE_COLOR, ...env } = process.env;
    const line = `stty cols ${columns}; ${command}`;
    this.#child = spawn('script', ['-qec', line, '/dev/null'], {
      stdio: ['pipe', 'pipe', 'inherit'],
      env: { ...env, SHELL: '/bin/sh' },
    });
    this.#child.stdout!.setEncoding('utf8').on('data', (text: string) => {
      this.#output += text;
      this.#onOutput();
    });
    this.#ended = once(this.#child, 'close');
    this.#ended.then(
      () => this.#onOutput(),
      () => {},
    );
  }

  get output(): string {
    return this.#output;
  }

  type(keys: string): void {
    this.#child.stdin!.write(keys);
  }

  /**
   * Waits until the output after `from` matches, and resolves to the end of the match. Rejects when the command
   * ends before.
   */
  async see(pattern: RegExp, from = 0): Promise<number> {
    while (true) {
      const found = pattern.exec(this.#output.slice(from));
      if (found) return from + found.index + found[0].length;
      if (this.#child.exitCode !== null) {
        throw new Error(`${pattern} did not come in ${JSON.stringify(this.#output)}`);
      }
      await new Promise<void>((resolve) => {
        this.#onOutput = resolve;
      });
    }
  }

  /** Closes the terminal, which ends the processes in it. */
  close(): void {
    this.#child.kill('SIGTERM');
  }

  /** Resolves to the exit code of the command. */
  async end(): Promise<number> {
    const [code] = await this.#ended;
    return code as number;
  }

  /** Returns the final screens of terminals of both kinds. */
  screens(): string[][] {
    return [true, false].map(
      (rewraps) => new Screen(this.#columns, rewraps).write(this.#output).lines,
    );
  }
}
