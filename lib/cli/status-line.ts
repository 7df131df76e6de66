import type { WriteStream } from 'node:tty';

const CLEAR = '\r\x1b[J';
const [WRAP_OFF, WRAP_ON] = ['\x1b[?7l', '\x1b[?7h'];

/**
 * The last line of a terminal, which is drawn repeatedly, and erased before anything else is printed.
 *
 * Each write is complete: the line is cut at the terminal's width, and the state of the terminal is restored.
 * The cursor stays at the start of the line, so that it is before all of the line even in a terminal that
 * rewraps its lines when it is resized, and erasing from there never erases other output.
 */
export class StatusLine {
  readonly #terminal: WriteStream;
  #isDrawn = false;

  constructor(terminal: WriteStream) {
    this.#terminal = terminal;
  }

  /** The width in columns; a terminal that does not report it counts as 80. */
  get width(): number {
    return (this.#terminal.columns || 80) - 1;
  }

  /** `text` MUST NOT have wide or combining characters. */
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
