import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { Screen } from './screen.js';

/** Whether there is the `script` of util-linux; that of other systems has other options. */
export const hasPseudoTerminals =
  process.platform === 'linux' &&
  /util-linux/.test(spawnSync('script', ['--version'], { encoding: 'utf8' }).stdout ?? '');

/** For the shell: makes its terminal so many columns wide, and marks the moment for a Screen. */
export function resizeTo(columns: number): string {
  return `printf '\\033]9;cols=${columns}\\007'; stty cols ${columns}`;
}

/** A shell that runs a command in a pseudo-terminal of its own. */
export class PseudoTerminal {
  readonly #child: ChildProcess;
  readonly #columns: number;
  readonly #ended: Promise<unknown[]>;
  #output = '';
  #onOutput = () => {};

  constructor(columns: number, command: string) {
    this.#columns = columns;
    // Without the tests' own: vitest sets how many columns there are.
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

  /** Until the output from `from` on matches; where it ends. Rejects when the command ends without. */
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

  /** Ends what still runs in it, by closing the terminal. */
  close(): void {
    this.#child.kill('SIGTERM');
  }

  /** The exit code of the command. */
  async end(): Promise<number> {
    const [code] = await this.#ended;
    return code as number;
  }

  /** What terminals of both kinds show in the end. */
  screens(): string[][] {
    return [true, false].map(
      (rewraps) => new Screen(this.#columns, rewraps).write(this.#output).lines,
    );
  }
}
