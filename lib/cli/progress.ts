import { fstatSync } from 'node:fs';
import cliProgress from 'cli-progress';
import { StatusLine } from './status-line.js';

const REDRAW_MS = 100;
const MAX_BAR = 40;
/** What the line has beside the bar, with numbers of 7 digits. */
const BESIDE_BAR = 36;

/** How far a run is, on a line of its own on stderr, where that is a terminal. */
export class Progress {
  readonly #line: StatusLine | undefined;
  readonly #timer: NodeJS.Timeout | undefined;
  readonly #startTime = Date.now();
  #total: number | undefined;
  #done = 0;

  /** `isWanted` is what an option says; without one it is what suits the output. */
  constructor(isWanted = mayShow()) {
    if (!isWanted || !process.stderr.isTTY) return;
    this.#line = new StatusLine(process.stderr);
    this.#timer = setInterval(() => this.#line?.draw(this.#text()), REDRAW_MS);
  }

  /** Whether there is a line, and so a use for a total. */
  get shown(): boolean {
    return this.#line !== undefined;
  }

  /** There is only a count, and no bar, where the total is unknown. */
  setTotal(total: number): void {
    this.#total = total;
  }

  update(done: number): void {
    this.#done = done;
  }

  /** Makes room for a record on stdout, if that is the same terminal. */
  beforeRecord(): void {
    if (process.stdout.isTTY) this.#line?.erase();
  }

  /** Prints a line on stderr. */
  print(line: string): void {
    this.#line?.erase();
    console.error(line);
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#line?.erase();
  }

  #text(): string {
    const seconds = Math.round((Date.now() - this.#startTime) / 1000);
    if (this.#total === undefined) return ` ${this.#done} files | ${seconds} s`;
    // What is done may be ahead of what is counted.
    const total = Math.max(this.#total, this.#done, 1);
    return ` ${bar(this.#done / total, this.#line!.width)}${this.#done}/${total} files | ${seconds} s`;
  }
}

/** The bar with a space behind it; an empty text where there is no room for one. */
function bar(progress: number, width: number): string {
  const barsize = Math.min(width - BESIDE_BAR, MAX_BAR);
  if (barsize < 1) return '';
  const options = {
    barsize,
    barCompleteString: '\u2588'.repeat(barsize),
    barIncompleteString: '\u2591'.repeat(barsize),
    barGlue: '',
  };
  return `${cliProgress.Format.BarFormat(progress, options)} `;
}

/**
 * Whether nobody else writes to the terminal of stderr: who reads a pipe may print what comes out of it
 * there, at any time.
 */
function mayShow(): boolean {
  if (process.stdout.isTTY) return true;
  try {
    const stats = fstatSync(1);
    return stats.isFile() || stats.isCharacterDevice();
  } catch {
    return false;
  }
}
