// Builds examples/native-extractor as a user of ebbcache would: in a folder of its own, with ebbcache in its
// node_modules.

import { execFile, spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, symlinkSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { promisify } from 'node:util';

const root = join(import.meta.dirname, '..', '..');
const runs = (command: string) => spawnSync(command, ['--version']).status === 0;

// Windows' compiler is not on the path; CMake finds it there.
const missing = [
  'cmake',
  ...(process.platform === 'win32' ? [] : [process.env.CXX ?? 'c++']),
].filter((tool) => !runs(tool));

export const canBuild = missing.length === 0;

/** Titles end with this note, which says why tests of the example do not run. */
export const buildNote = canBuild ? '' : ` (skipped: there is no ${missing.join(' and no ')})`;

/** Makes `folder`, which must not exist, a copy of the example, built. */
export async function buildExample(folder: string): Promise<void> {
  const example = join(root, 'examples', 'native-extractor');
  cpSync(example, folder, {
    recursive: true,
    filter: (path) => !/[/\\](build|node_modules)$/.test(path.slice(example.length)),
  });
  mkdirSync(join(folder, 'node_modules'));
  symlinkSync(root, join(folder, 'node_modules', 'ebbcache'), 'junction');
  const cmakeJs = createRequire(import.meta.url).resolve('cmake-js/bin/cmake-js');
  await promisify(execFile)(process.execPath, [
    cmakeJs,
    'compile',
    '-d',
    folder,
    '--parallel',
    '2',
  ]);
}
