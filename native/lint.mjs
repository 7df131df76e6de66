// clang-format and clang-tidy over native/, and clang-format over examples/. A tool that is missing is named; in CI that fails.

import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const native = dirname(fileURLToPath(import.meta.url));
const build = join(dirname(native), 'build');
const filesIn = (folder) =>
  readdirSync(folder, { recursive: true })
    .filter((file) => /\.(c|cc|h)$/.test(file) && !/(^|[/\\])(build|node_modules)[/\\]/.test(file))
    .map((file) => join(folder, file))
    .sort();
const files = filesIn(native);
const examples = filesIn(join(dirname(native), 'examples'));

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
if (clangTidy !== undefined) {
  if (!existsSync(join(build, 'compile_commands.json'))) {
    throw new Error(`There is no compile_commands.json in ${build}. Run 'npm run build' first.`);
  }
  // What this platform's library and addon compile. Other backends are checked by cross-compiling;
  // tests, benchmarks and
  // fuzz targets cost more than they would show.
  const compiled = files.filter(
    (file) =>
      file.endsWith('.cc') &&
      !/(^|[/\\])(darwin|win32|test|bench|fuzz)[/\\]/.test(relative(native, file)),
  );
  const input = compiled.join('\0');
  const { status } = spawnSync(
    'xargs',
    ['-0', '-n', '1', '-P', String(availableParallelism()), clangTidy, '--quiet', '-p', build],
    { input, stdio: ['pipe', 'inherit', 'ignore'] },
  );
  failed ||= status !== 0;
}

process.exitCode = failed ? 1 : 0;
