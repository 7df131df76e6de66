// Tests that docs/options.md is what the current docstrings say.

import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { ARENA_NAMES } from '../lib/arena/arena-options.js';
import { ENHANCED_NAMES } from '../lib/metadata/enhanced-options.js';

const root = join(import.meta.dirname, '..');

it('docs/options.md is up to date; if not, run npm run docs:options', () => {
  const tool = join(root, 'tools', 'options-page.mjs');
  const check = () =>
    execFileSync(process.execPath, [tool, '--check'], { cwd: root, stdio: 'pipe' });
  expect(check).not.toThrow();
});

it('docs/options.md has every option of the caches', () => {
  const page = readFileSync(join(root, 'docs', 'options.md'), 'utf8');
  for (const { names } of [ARENA_NAMES, ENHANCED_NAMES]) {
    for (const name of Object.keys(names)) expect(page).toContain(`| \`${name}\` |`);
  }
});
