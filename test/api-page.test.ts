// docs/api.md is what the declarations and docstrings of today say.

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

it('is up to date; if not, run npm run docs:api', () => {
  const tool = join(root, 'tools', 'api-page.mjs');
  const check = () =>
    execFileSync(process.execPath, [tool, '--check'], { cwd: root, stdio: 'pipe' });
  expect(check).not.toThrow();
});

describe.each(modules)('of %s', (_, file) => {
  it('has an entry for each value that can be imported', async () => {
    const names = Object.keys(await import(file));
    expect(names).not.toHaveLength(0);
    for (const name of names) expect(page).toContain(`\n### ${name}\n`);
  });

  it('has an entry for each method and getter of its classes', async () => {
    for (const [name, value] of Object.entries(await import(file))) {
      if (typeof value !== 'function' || !/^class /.test(String(value)) || /Error$/.test(name))
        continue;
      const members = Object.getOwnPropertyNames(value.prototype);
      const hidden = ['assertOpen', 'whileOpen', 'removeAllListeners'];
      for (const member of members.filter((each) => !hidden.includes(each))) {
        expect(page).toContain(`\n#### ${name}.${member}\n`);
      }
    }
  });
});
