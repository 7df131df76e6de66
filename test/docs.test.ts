// Tests that every snippet of the README and of docs/ runs unchanged, except those that set up a checkout and the
// declarations of the API; C is compiled.

import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { delimiter, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { withTempFolder } from './helpers/temp-folder.js';

const root = join(import.meta.dirname, '..');
const pages = [
  'README.md',
  ...readdirSync(join(root, 'docs'))
    .filter((file) => file.endsWith('.md'))
    .map((page) => join('docs', page)),
];

interface Snippet {
  language: string;
  code: string;
  line: number;
}

function snippetsOf(page: string): Snippet[] {
  const text = readFileSync(join(root, page), 'utf8');
  return [...text.matchAll(/^```(\w+)(?: (\w+))?\n(.*?)^```$/gms)]
    .filter(([, language, mark]) => mark !== 'setup' && !isDeclaration(page, language))
    .map((match) => ({
      language: match[1] ?? '',
      code: match[3] ?? '',
      line: text.slice(0, match.index).split('\n').length,
    }));
}

/** The page of the API is written from declarations, which do nothing. */
function isDeclaration(page: string, language: string | undefined): boolean {
  return page === join('docs', 'api.md') && language === 'ts';
}

// Windows has no such command.
const canCompile = spawnSync('cc', ['--version']).status === 0;
const nodeHeaders: string = createRequire(import.meta.url)('node-api-headers').include_dir;

/** Compiles the code as strict C99, without linking. */
function compile(code: string) {
  const includes = ['-I', join(root, 'native', 'include'), '-isystem', nodeHeaders];
  const strict = ['-std=c99', '-Wall', '-Wextra', '-Wpedantic', '-Werror', '-DNAPI_VERSION=8'];
  const args = ['-x', 'c', ...strict, ...includes, '-fsyntax-only', '-'];
  return spawnSync('cc', args, { cwd: root, encoding: 'utf8', input: code });
}

async function run({ language, code }: Snippet) {
  const options = { cwd: root, encoding: 'utf8' } as const;
  if (language === 'c') return compile(code);
  // The snippet runs from the package's root, so that 'ebbcache' is this package.
  if (language === 'js') {
    return spawnSync(process.execPath, ['--input-type=module', '--eval', code], options);
  }
  return withTempFolder(async (bin) => {
    const command = join(bin, 'ebbcache');
    writeFileSync(command, `#!/bin/sh\nexec "${process.execPath}" dist/cli/main.js "$@"\n`);
    chmodSync(command, 0o755);
    const env = { ...process.env, PATH: `${bin}${delimiter}${process.env.PATH}` };
    return spawnSync('sh', ['-e', '-c', code], { ...options, env });
  });
}

describe.each(pages)('%s', (page) => {
  const snippets = snippetsOf(page);

  it.runIf(snippets.length > 0).for(snippets)(
    'runs its snippet at line $line',
    async (snippet, { skip }) => {
      if (snippet.language === 'c' && !canCompile) skip('there is no cc to compile it');
      expect(['js', 'sh', 'c']).toContain(snippet.language);
      const { status, stdout, stderr } = await run(snippet);
      // A comment after a console.log says what it prints.
      for (const [, printed] of snippet.code.matchAll(/console\.log\(.*\); \/\/ (.*)$/gm)) {
        expect(stdout).toContain(printed);
      }
      // Snippets with a remote tier run whether or not there is a server.
      const unexpected = stderr.replace(/^.*\[EBBCACHE_REMOTE\] EbbcacheWarning: .*$/gm, '');
      expect(unexpected).not.toMatch(/Error|Warning/);
      expect(status).toBe(0);
    },
  );

  it('the documentation links to pages and headings that exist', () => {
    const text = readFileSync(join(root, page), 'utf8');
    const links = text.matchAll(/(?:\]\(|src="|srcset=")(?!https?:)([^)#"]*)(?:#([^)"]*))?[)"]/g);
    for (const [link, target, anchor] of links) {
      const file = target === '' ? join(root, page) : join(root, page, '..', target ?? '');
      expect(existsSync(file), link).toBe(true);
      if (anchor === undefined) continue;
      expect(anchorsOf(readFileSync(file, 'utf8')), link).toContain(anchor);
    }
  });
});

/** Returns the anchors as GitHub generates them: a number distinguishes equal ones. */
function anchorsOf(text: string): string[] {
  const counts = new Map<string, number>();
  const headings = text.replaceAll(/^```.*?^```$/gms, '').matchAll(/^#+ (.*)$/gm);
  return [...headings].map(([, title = '']) => {
    const slug = title
      .toLowerCase()
      .replace(/[^\w -]/g, '')
      .replaceAll(' ', '-');
    const count = counts.get(slug) ?? 0;
    counts.set(slug, count + 1);
    return count === 0 ? slug : `${slug}-${count}`;
  });
}
