// Finds the name of the running application in its package.json.

import { readFileSync, realpathSync } from 'node:fs';
import { dirname, join, sep } from 'node:path';

const PACKAGES = `${sep}node_modules${sep}`;

/**
 * The name of the package that the main module belongs to. Where the main module is a program of a
 * dependency, such as `next` or `vitest`, it is the name of the package that has installed the dependency.
 * Without a main module, as for `node --eval`, it is the name of the package of the current folder. It is
 * empty where no package.json above has a name.
 */
export function applicationName(main = process.argv[1]): string {
  if (main === undefined || main === '') return packageNameAbove(currentFolder()) ?? '';
  const path = followed(main);
  const installed = path.indexOf(PACKAGES);
  const installer = installed < 0 ? undefined : packageNameAbove(path.slice(0, installed));
  return installer ?? packageNameAbove(dirname(path)) ?? '';
}

/** The current folder, or the root where the current folder was removed. */
function currentFolder(): string {
  try {
    return process.cwd();
  } catch {
    return sep;
  }
}

/** Resolves a symbolic link, because programs are run through links to them. */
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

/** Undefined where there is no file, or where it has no name and only sets the module format. */
function nameIn(file: string): string | undefined {
  try {
    const { name } = JSON.parse(readFileSync(file, 'utf8'));
    return typeof name === 'string' && name !== '' ? name : undefined;
  } catch {
    return undefined;
  }
}
