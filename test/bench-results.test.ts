// Tests that the Markdown in bench/results says the same as the JSON.

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { keptText } from '../bench/report.mjs';

const results = join(import.meta.dirname, '..', 'bench', 'results');
const kept = readdirSync(results).filter((file) => file.endsWith('.json'));

it.each(kept)('%s has its tables next to it', (file) => {
  const measured = JSON.parse(readFileSync(join(results, file), 'utf8'));
  const page = readFileSync(join(results, file.replace('.json', '.md')), 'utf8');
  expect(page).toBe(keptText(measured));
});
