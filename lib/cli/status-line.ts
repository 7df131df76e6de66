import type { WriteStream } from 'node:tty';

const CLEAR = '\r\x1b[J';
const [WRAP_OFF, WRAP_ON] = ['\x1b[?7l', '\x1b[?7h'];

/**
 * The last line of a terminal, which is drawn again and again, and erased before anything else is
 * printed. Each write is whole: the line is cut at the terminal's width, nothing about the terminal stays
 * changed, and the cursor stays at the line's begin, so that a terminal that rewraps its lines when it is
 * resized keeps it before all of the line, and erasing from there takes no line of somebody else.
 */
export class StatusLine {
  readonly #terminal: WriteStream;
  #isDrawn = false;

  constructor(terminal: WriteStream) {
    this.#terminal = terminal;
  }

  /** Columns of a terminal that does not tell are taken for 80. */
  get width(): number {
    return (this.#terminal.columns || 80) - 1;
  }

  /** `text` has no wide or combining characters. */
  draw(text: string): void {
    this.#isDrawn = true;
    this.#terminal.write(`${CLEAR}${WRAP_OFF}${text.slice(0, this.width)}${WRAP_ON}\r`);
  }

  erase(): void {
    if (!this.#isDrawn) return;
    this.#isDrawn = false;
    this.#terminal.write(CLEAR);
  }
}
