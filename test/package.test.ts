// Tests that npm would publish what an installed package needs, and nothing else.

import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

const root = join(import.meta.dirname, '..');
const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));

describe('the package', () => {
  // npm runs no scripts here, because a real pack asks for binaries.
  const args = ['pack', '--dry-run', '--json', '--ignore-scripts'];
  const output = execFileSync('npm', args, { cwd: root, encoding: 'utf8', stdio: 'pipe' });
  const packed: string[] = JSON.parse(output)[0].files.map((file: { path: string }) => file.path);

  it('includes all files that its manifest names', () => {
    const targets = [
      manifest.main,
      manifest.types,
      ...Object.values(manifest.bin),
      ...Object.values(manifest.exports).flatMap((target) =>
        typeof target === 'string' ? [target] : Object.values(target as Record<string, string>),
      ),
    ].map((target: string) => target.replace(/^\.\//, ''));
    expect(packed).toEqual(expect.arrayContaining(targets));
    expect(packed).toEqual(expect.arrayContaining(['README.md', 'LICENSE', 'CHANGELOG.md']));
  });

  it('includes the headers for native code, and nothing else of native/', () => {
    expect(packed.filter((file) => file.startsWith('native/')).sort()).toEqual([
      'native/include/ebbcache.h',
      'native/include/ebbcache_node.h',
    ]);
  });

  it('includes no sources, tests or tools', () => {
    expect(packed.filter((file) => /^(lib|test|bench|build|examples)/.test(file))).toEqual([]);
    expect(packed.filter((file) => file.endsWith('.mjs'))).toEqual([]);
  });

  it('runs no script where it is installed', () => {
    for (const script of ['preinstall', 'install', 'postinstall', 'prebuild']) {
      expect(manifest.scripts).not.toHaveProperty(script);
    }
  });
});
