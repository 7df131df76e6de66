import { fstatSync } from 'node:fs';
import cliProgress from 'cli-progress';
import { StatusLine } from './status-line.js';

const REDRAW_MS = 100;
const MAX_BAR = 40;
/** The width of the line beside the bar, with numbers of 7 digits. */
const BESIDE_BAR = 36;

/** Shows the progress of a run, on a line of its own on stderr, where that is a terminal. */
export class Progress {
  readonly #line: StatusLine | undefined;
  readonly #timer: NodeJS.Timeout | undefined;
  readonly #startTime = Date.now();
  #total: number | undefined;
  #done = 0;

  /** `isWanted` is the value of an option; its default depends on the output. */
  constructor(isWanted = mayShow()) {
    if (!isWanted || !process.stderr.isTTY) return;
    this.#line = new StatusLine(process.stderr);
    this.#timer = setInterval(() => this.#line?.draw(this.#text()), REDRAW_MS);
  }

  /** Whether the line is shown, so that a total is useful. */
  get shown(): boolean {
    return this.#line !== undefined;
  }

  /** The line has only a count, and no bar, where the total is unknown. */
  setTotal(total: number): void {
    this.#total = total;
  }

  update(done: number): void {
    this.#done = done;
  }

  /** Clears the line before a record on stdout, if that is the same terminal. */
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
    // The count of finished files may be ahead of the count of found ones.
    const total = Math.max(this.#total, this.#done, 1);
    return ` ${bar(this.#done / total, this.#line!.width)}${this.#done}/${total} files | ${seconds} s`;
  }
}

/** The bar with a space behind it; an empty text where the line has no room for one. */
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
 * Whether no other process writes to the terminal of stderr: the reader of a pipe may print its output there,
 * at any time.
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
