// Writes a generated page to docs/, or with --check compares it with the file that is there.

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './public-face.mjs';

/** Returns a row of a table in Markdown. */
export function row(cells) {
  return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |\n`;
}

/** Writes docs/NAME. With --check it writes nothing, and fails where the page differs. */
export function keepPage(name, text, command) {
  const file = join(root, 'docs', name);
  if (!process.argv.includes('--check')) writeFileSync(file, text);
  else if (readFileSync(file, 'utf8') !== text) {
    console.error(`docs/${name} is not up to date: run ${command}.`);
    process.exitCode = 1;
  }
}
