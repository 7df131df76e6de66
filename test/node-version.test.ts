// Tests that a Node that is too old gets a sentence, from the package and from the command. The Node of the tests
// claims to be an old one.

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { MIN_NODE, whyNotOn } from '../lib/process/node-version.js';
import { runNode } from './helpers/run-script.js';

const root = join(import.meta.dirname, '..');

/**
 * Node's modules export these names since 18.0: a static import of another name fails on an older one before any
 * check.
 */
const NEW_NAMES = [
  'aborted',
  'availableParallelism',
  'getCallSites',
  'getSystemErrorMessage',
  'glob',
  'globSync',
  'isAscii',
  'isUtf8',
  'isBuiltin',
  'openAsBlob',
  'parseArgs',
  'parseEnv',
  'statfs',
  'statfsSync',
  'styleText',
  'transferableAbortController',
];

/** Resolves to what happened when Node claimed to be `version` and the arguments were run. */
async function runOn(version: string, source: string) {
  const pretend = `Object.defineProperty(process, 'versions', {
    value: { ...process.versions, node: ${JSON.stringify(version)} },
  });`;
  return runNode(['--input-type=module', '--eval', `${pretend}\n${source}`]);
}

const urlOf = (file: string) => JSON.stringify(new URL(`../dist/${file}`, import.meta.url).href);

describe('a version of Node that is too old', () => {
  it.each(['index.js', 'extract/index.js', 'adapters/keyv.js', 'tiers/redis/index.js'])(
    'may not import %s',
    async (file) => {
      const source = `import(${urlOf(file)}).catch(({ code, message }) => console.log(code, message));`;
      const { stdout, stderr } = await runOn('18.0.0', source);
      expect(stdout).toMatch(
        /^ERR_EBBCACHE_NODE ebbcache needs Node 20\.11 or later; this is 18\.0\.0\. .+\.\n$/,
      );
      expect(stderr).toBe('');
    },
  );

  it('exits the command with code 1 and a sentence', async () => {
    const outcome = await runOn('20.10.0', `await import(${urlOf('cli/main.js')});`);
    expect(outcome).toMatchObject({ code: 1, stdout: '' });
    expect(outcome.stderr).toMatch(
      /^ebbcache needs Node 20\.11 or later; this is 20\.10\.0\. .+\n$/,
    );
  });

  it.each(['20.11.0', '20.20.2', '21.0.0', '100.0.0', '22.0.0-nightly'])(
    'does not include %s',
    (version) => {
      expect(whyNotOn(version)).toBeUndefined();
    },
  );

  it.each(['12.22.0', '18.20.8', '19.9.0', '20.2.0', '20.10.9'])('includes %s', (version) => {
    expect(whyNotOn(version)).toContain(`this is ${version}.`);
  });

  it('is one below the engines of the manifest', () => {
    const { engines } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
    expect(engines.node).toBe(`>=${MIN_NODE}`);
  });

  it('exports every name that is imported statically from its modules', () => {
    const files = readdirSync(join(root, 'dist'), { recursive: true, encoding: 'utf8' });
    const imports = files
      .filter((file) => file.endsWith('.js'))
      .flatMap((file) => [
        ...readFileSync(join(root, 'dist', file), 'utf8').matchAll(
          /^import \{([^}]*)\} from 'node:.*$/gm,
        ),
      ]);
    expect(imports.length).toBeGreaterThan(20);
    const names = imports.flatMap(([, list = '']) => list.split(','));
    const plain = names.map((name) => name.trim().split(' as ')[0]);
    expect(plain.filter((name) => NEW_NAMES.includes(name ?? ''))).toEqual([]);
  });
});
