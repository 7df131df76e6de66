// clang-format and clang-tidy over native/, and clang-format over examples/. A tool that is missing is named; in CI that fails.

import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { availableParallelism } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const native = dirname(fileURLToPath(import.meta.url));
const root = dirname(native);
const filesIn = (folder) =>
  readdirSync(folder, { recursive: true })
    .filter((file) => /\.(c|cc|h)$/.test(file) && !/(^|[/\\])(build|node_modules)[/\\]/.test(file))
    .map((file) => join(folder, file))
    .sort();
const files = filesIn(native);
const examples = filesIn(join(root, 'examples'));

let failed = false;

function tool(name, package_) {
  const found = [`${name}-16`, name].find((each) => spawnSync(each, ['--version']).status === 0);
  if (found === undefined) {
    console.log(`${name} is missing, so it was not run (Debian: ${package_}).`);
    failed ||= Boolean(process.env.CI);
  }
  return found;
}

const clangFormat = tool('clang-format', 'clang-format-16');
if (clangFormat !== undefined) {
  const { status } = spawnSync(clangFormat, ['--dry-run', '-Werror', ...files, ...examples], {
    stdio: 'inherit',
  });
  failed ||= status !== 0;
}

const clangTidy = tool('clang-tidy', 'clang-tidy-16');
if (clangTidy !== undefined) failed ||= !isTidy(clangTidy);

/**
 * Checks what this platform's library and addon compile. Other backends are checked by cross-compiling; tests
 * and benchmarks cost more than they would show. It reads batches of files, as most of its time goes to the
 * headers: 2 minutes of a processor where file by file took 12.
 */
function isTidy(clangTidy) {
  const build = join(root, 'build-tidy');
  const cmakeJs = createRequire(import.meta.url).resolve('cmake-js/bin/cmake-js');
  const options = ['CMAKE_UNITY_BUILD=ON', 'EBBCACHE_TESTS=OFF', 'EBBCACHE_BENCH=OFF'];
  const configured = spawnSync(
    process.execPath,
    [cmakeJs, 'configure', '--out', build, ...options.map((option) => `--CD${option}`)],
    { cwd: root, encoding: 'utf8' },
  );
  if (configured.status !== 0) {
    console.log(configured.stdout + configured.stderr);
    return false;
  }
  const commands = JSON.parse(readFileSync(join(build, 'compile_commands.json'), 'utf8'));
  // The batches include sources, as that check forbids.
  const args = ['--quiet', '-p', build, '--checks=-bugprone-suspicious-include'];
  const { status } = spawnSync(
    'xargs',
    ['-0', '-n', '1', '-P', String(availableParallelism()), clangTidy, ...args],
    {
      input: commands.map(({ file }) => file).join('\0'),
      stdio: ['pipe', 'inherit', 'ignore'],
    },
  );
  return status === 0;
}

process.exitCode = failed ? 1 : 0;
