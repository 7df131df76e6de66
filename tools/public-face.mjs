// The public interface of the package as the type checker sees it: the entry points that package.json names,
// their exports, and the docstrings. The generators of pages begin here, so that files in lib/ may move.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { API, SymbolFlags } from 'typescript/unstable/sync';

export const root = fileURLToPath(new URL('..', import.meta.url));

/** Calls `work` with the checked project of tsconfig.json, and returns what it returns. */
export function withProject(work) {
  const api = new API({ cwd: root });
  try {
    const config = join(root, 'tsconfig.json');
    const [project] = api.updateSnapshot({ openProjects: [config] }).getProjects();
    return work(project);
  } finally {
    api.close();
  }
}

/** Returns the modules that package.json exports: their specifier and their source file. */
export function entryPoints() {
  const { name, exports } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  return Object.entries(exports)
    .filter(([, target]) => typeof target === 'object')
    .map(([path, target]) => ({
      specifier: path.replace('.', name),
      file: join(root, target.types.replace('./dist/', 'lib/').replace('.d.ts', '.ts')),
    }));
}

/** Returns the exports of a module by name, each as the symbol that it finally refers to. */
export function exportsOf({ checker, program }, file) {
  const module = checker.getSymbolAtLocation(program.getSourceFile(file));
  return new Map(
    checker
      .getExportsOfModule(module)
      .map((symbol) => [
        symbol.name,
        (symbol.flags & SymbolFlags.Alias) === 0 ? symbol : checker.getAliasedSymbol(symbol),
      ]),
  );
}

/** Returns the declaration of this name in lib/, whether or not the package exports it. */
export function declarationOf({ program }, name) {
  for (const file of program.getSourceFileNames()) {
    if (!file.startsWith(join(root, 'lib'))) continue;
    const found = program.getSourceFile(file).statements.find((each) => each.name?.text === name);
    if (found !== undefined) return found;
  }
  throw new Error(`There is no ${name} in lib/.`);
}
