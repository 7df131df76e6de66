// Programs of native/bench that need no library, built against the store of any version: that of a
// version before may have no such program itself.

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
 * Paths by the root of the version, of a program of these files of native/bench; with the headers
 * of that folder of this version, and all else of the other.
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
  // What this version's headers of the benchmarks include of the store is found in the other first.
  const paths = [`-I${join(root, 'native')}`, `-I${sources}`];
  const inputs = [...files.map((file) => join(sources, 'bench', file)), library];
  const { status } = spawnSync('c++', [...flags, ...paths, ...inputs, '-o', program], {
    stdio: 'inherit',
  });
  if (status !== 0) throw new Error(`The compiler ended with status ${status}.`);
  return program;
}

/** The lines that a program prints, each parsed as JSON. */
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
