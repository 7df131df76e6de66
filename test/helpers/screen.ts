interface Row {
  text: string[];
  /** Whether the next row continues the same line. */
  goesOn: boolean;
}

/**
 * Models what a terminal shows of the bytes it got, including the lines that were scrolled away: text,
 * wrapping, and the sequences that move the cursor and erase. The sequence `OSC 9 ; cols=N BEL`, which no
 * terminal has, marks the moment at which the terminal was resized to N columns. A terminal with `rewraps`
 * then wraps its lines again, as VTE, kitty and tmux do; any other retains its rows.
 */
export class Screen {
  readonly #rewraps: boolean;
  #columns: number;
  #rows: Row[] = [{ text: [], goesOn: false }];
  #row = 0;
  #column = 0;
  #wraps = true;
  #saved = [0, 0];

  constructor(columns: number, rewraps: boolean) {
    this.#columns = columns;
    this.#rewraps = rewraps;
  }

  /** Returns the lines, each of which joins its wrapped rows. */
  get lines(): string[] {
    const lines = [''];
    for (const { text, goesOn } of this.#rows) {
      lines[lines.length - 1] += goesOn ? text.join('') : text.join('').trimEnd();
      if (!goesOn) lines.push('');
    }
    while (lines.at(-1) === '') lines.pop();
    return lines;
  }

  /** Throws for a sequence that it does not know. */
  write(text: string): this {
    const parts =
      // biome-ignore lint/suspicious/noControlCharactersInRegex: a terminal's sequences begin with them.
      /\x1b\]9;cols=(?<columns>\d+)\x07|\x1b\[(?<args>[?\d;]*)(?<csi>[A-Za-z])|\x1b(?<esc>.)|(?<char>.)/gsu;
    for (const { groups } of text.matchAll(parts)) {
      const { columns, args = '', csi, esc, char } = groups!;
      if (columns !== undefined) this.#resize(Number(columns));
      else if (csi !== undefined) this.#control(csi, args);
      else if (esc !== undefined) this.#escape(esc);
      else this.#put(char!);
    }
    return this;
  }

  #put(char: string): void {
    if (char === '\r') this.#column = 0;
    else if (char === '\n') this.#down();
    else if (char === '\b') this.#column = Math.max(0, this.#column - 1);
    else this.#print(char);
  }

  #print(char: string): void {
    if (this.#column >= this.#columns) {
      if (this.#wraps) {
        this.#rows[this.#row]!.goesOn = true;
        this.#down();
        this.#column = 0;
      } else {
        this.#column = this.#columns - 1;
      }
    }
    const { text } = this.#rows[this.#row]!;
    while (text.length < this.#column) text.push(' ');
    text[this.#column++] = char;
  }

  #down(): void {
    this.#row++;
    this.#rows[this.#row] ??= { text: [], goesOn: false };
  }

  #control(letter: string, args: string): void {
    const row = this.#rows[this.#row]!;
    const known: Record<string, () => void> = {
      '?7h': () => {
        this.#wraps = true;
      },
      '?7l': () => {
        this.#wraps = false;
      },
      '?25h': () => {},
      '?25l': () => {},
      '0K': () => {
        row.text.length = Math.min(row.text.length, this.#column);
        row.goesOn = false;
      },
      '2K': () => {
        row.text = [];
        row.goesOn = false;
      },
      '0J': () => {
        this.#control('K', '0');
        this.#rows.length = this.#row + 1;
      },
    };
    if (letter === 'G') this.#column = Number(args || 1) - 1;
    else {
      const act = known[(args || (/[KJ]/.test(letter) ? '0' : '')) + letter];
      if (act === undefined) throw new Error(`The screen does not know CSI ${args}${letter}.`);
      act();
    }
  }

  #escape(letter: string): void {
    if (letter === '7') this.#saved = [this.#row, this.#column];
    else if (letter === '8') [this.#row, this.#column] = this.#saved as [number, number];
    else throw new Error(`The screen does not know ESC ${letter}.`);
  }

  #resize(columns: number): void {
    this.#columns = columns;
    if (!this.#rewraps) return;
    const rows: Row[] = [];
    let cursor: [number, number] = [0, 0];
    let line: string[] = [];
    let cursorAt: number | undefined;
    for (const [i, { text, goesOn }] of this.#rows.entries()) {
      if (i === this.#row) cursorAt = line.length + this.#column;
      line.push(...text);
      if (goesOn) continue;
      const first = rows.length;
      const count = Math.max(1, Math.ceil(line.length / columns));
      for (let n = 0; n < count; n++) {
        const part = line.slice(n * columns, (n + 1) * columns);
        rows.push({ text: part, goesOn: n < count - 1 });
      }
      if (cursorAt !== undefined) {
        const down = Math.min(Math.floor(cursorAt / columns), count - 1);
        cursor = [first + down, cursorAt - down * columns];
      }
      line = [];
      cursorAt = undefined;
    }
    this.#rows = rows;
    [this.#row, this.#column] = cursor;
  }
}
