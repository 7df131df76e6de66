import { Presets, SingleBar } from 'cli-progress';

/** A progress bar on stderr; nothing at all where stderr is not a terminal. */
export class Progress {
  readonly #bar: SingleBar | undefined;

  constructor() {
    if (!process.stderr.isTTY) return;
    const format = ' {bar} {value}/{total} files | {duration_formatted}';
    this.#bar = new SingleBar({ format, hideCursor: true }, Presets.shades_classic);
    this.#bar.start(0, 0);
  }

  /** Whether there is a bar, and so a use for a total. */
  get shown(): boolean {
    return this.#bar !== undefined;
  }

  setTotal(total: number): void {
    this.#bar?.setTotal(total);
  }

  update(done: number): void {
    this.#bar?.update(done);
  }

  /** Makes room for a line on stdout, if that is the same terminal; the next update draws again. */
  giveWay(): void {
    if (this.#bar && process.stdout.isTTY) process.stderr.write('\r\x1b[K');
  }

  stop(): void {
    this.#bar?.stop();
  }
}
