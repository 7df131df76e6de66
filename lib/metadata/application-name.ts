// The application that runs, by the name in its package.json.

import { readFileSync, realpathSync } from 'node:fs';
import { dirname, join, sep } from 'node:path';

const PACKAGES = `${sep}node_modules${sep}`;

/**
 * The name of the package that the main module belongs to. Where that is a program of a dependency, as
 * `next` or `vitest`, it is the package that has installed it; without a main module, as for `node --eval`, it is
 * the package of the current folder. Empty where no package.json above has a name.
 */
export function applicationName(main = process.argv[1]): string {
  if (main === undefined || main === '') return packageNameAbove(currentFolder()) ?? '';
  const path = followed(main);
  const installed = path.indexOf(PACKAGES);
  const installer = installed < 0 ? undefined : packageNameAbove(path.slice(0, installed));
  return installer ?? packageNameAbove(dirname(path)) ?? '';
}

/** The root where it was removed. */
function currentFolder(): string {
  try {
    return process.cwd();
  } catch {
    return sep;
  }
}

/** Programs are run by links to them. */
function followed(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}

function packageNameAbove(folder: string): string | undefined {
  for (let at = folder; ; at = dirname(at)) {
    const name = nameIn(join(at, 'package.json'));
    if (name !== undefined) return name;
    if (dirname(at) === at) return undefined;
  }
}

/** Undefined where there is no file, or one without a name, which only says how modules are read. */
function nameIn(file: string): string | undefined {
  try {
    const { name } = JSON.parse(readFileSync(file, 'utf8'));
    return typeof name === 'string' && name !== '' ? name : undefined;
  } catch {
    return undefined;
  }
}
