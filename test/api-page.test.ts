// Tests that docs/api.md is what the current declarations and docstrings say.

import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

const root = join(import.meta.dirname, '..');
const page = readFileSync(join(root, 'docs', 'api.md'), 'utf8');
const { exports } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));

const modules: [string, string][] = Object.entries<{ default?: string }>(exports)
  .filter(([, target]) => target.default !== undefined)
  .map(([path, target]) => [path.replace('.', 'ebbcache'), join(root, target.default ?? '')]);

it('docs/api.md is up to date; if not, run npm run docs:api', () => {
  const tool = join(root, 'tools', 'api-page.mjs');
  const check = () =>
    execFileSync(process.execPath, [tool, '--check'], { cwd: root, stdio: 'pipe' });
  expect(check).not.toThrow();
});

describe.each(modules)('docs/api.md for the module %s', (_, file) => {
  it('has an entry for each value that can be imported', async () => {
    const names = Object.keys(await import(file));
    expect(names).not.toHaveLength(0);
    for (const name of names) expect(page).toContain(`\n### ${name}\n`);
  });
});

it.each([
  ['ArenaCache', 'get'],
  ['ArenaCache', 'size'],
  ['ArenaCache', 'constructor'],
  ['AdvancedMetadataCache', 'fetch'],
  ['EnhancedMetadataCache', 'applyPressure'],
  ['KeyvEbbcache', 'opts'],
])('docs/api.md has an entry for %s.%s', (owner, member) => {
  expect(page).toContain(`\n#### ${owner}.${member}\n`);
});

it.each(['assertOpen', 'removeAllListeners', 'EncodeError.within', 'storeOf'])(
  'docs/api.md does not mention %s',
  (name) => {
    expect(page).not.toContain(name);
  },
);
