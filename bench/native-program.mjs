// Builds programs of native/bench that need no library against the store of any version, because an
// earlier version may not have the program.

import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { versions } from './versions.mjs';

const sources = fileURLToPath(new URL('../native', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'ebbcache-bench-'));
process.on('exit', () => rmSync(folder, { recursive: true }));

/**
 * Builds a program of these files of native/bench for each version, with this version's headers of
 * that folder and all other headers of the other version. Returns its paths by the root of the
 * version.
 */
export function buildForAll(name, files) {
  return Object.fromEntries(
    Object.entries(versions).map(([version, root]) => [root, build(name, files, version, root)]),
  );
}

function build(name, files, version, root) {
  const library = join(root, 'build/native/libebbcache_core.a');
  if (!existsSync(library)) {
    throw new Error(`${library} is not there. Run \`npm run build\` in ${root}.`);
  }
  const program = join(folder, `${name}-${version}`);
  const flags = ['-std=c++17', '-O3', '-DNDEBUG', '-pthread'];
  // This order makes this version's headers of native/bench include the other version's store.
  const paths = [`-I${join(root, 'native')}`, `-I${sources}`];
  const inputs = [...files.map((file) => join(sources, 'bench', file)), library];
  const { status } = spawnSync('c++', [...flags, ...paths, ...inputs, '-o', program], {
    stdio: 'inherit',
  });
  if (status !== 0) throw new Error(`The compiler ended with status ${status}.`);
  return program;
}

/** Returns the lines that a program prints, each parsed as JSON. */
export function runProgram(program, parameters) {
  const { status, signal, stdout } = spawnSync(program, parameters.map(String), {
    stdio: ['ignore', 'pipe', 'inherit'],
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`${program} ended by ${signal ?? status}.`);
  return stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
}
