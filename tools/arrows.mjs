// Checks that the parts of the project depend on one another in one direction only, and that files and
// classes stay small. It prints each fault with what to do about it, and fails where there is one.

import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, posix, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { SyntaxKind } from 'typescript/unstable/ast';
import { API } from 'typescript/unstable/sync';
import { methodsOfCpp } from './cpp-methods.mjs';

/** The folders of lib/, from the top down. A file imports from its own folder and from rows below it. */
export const LIBRARY_LAYERS = [
  ['index.ts', 'cli'],
  ['extract', 'adapters'],
  ['metadata'],
  ['tiers'],
  ['arena'],
  ['flights', 'files', 'memory'],
  ['process'],
  ['native', 'codec', 'checks'],
  ['errors'],
];

/** The folders of native/, in the same order. */
export const NATIVE_LAYERS = [
  ['test', 'bench', 'fuzz'],
  ['addon'],
  ['cabi'],
  ['runtime'],
  ['tiers'],
  ['pressure', 'disk', 'store', 'flights'],
  ['memory', 'slab', 'codec'],
  ['hash', 'files', 'process', 'include'],
  ['base'],
];

/** Only these folders may include the headers of Node. */
const NODE_FOLDERS = ['addon', 'include', 'test'];
const NODE_HEADER = /^(napi|node|node_api|js_native_api|uv|v8)(-.*)?\.h$/;
/** Only files in a folder with a platform's name may test for the platform. */
const PLATFORM_FOLDERS = ['linux', 'darwin', 'win32', 'posix'];
const PLATFORM =
  /^[ \t]*#[ \t]*(?:if|ifdef|ifndef|elif)\b.*\b(?:_WIN32|_WIN64|__linux__|__APPLE__|__unix__)\b.*/gm;

/** Tests, benchmarks and generated files may be longer. */
const MAX_LINES = 400;
/** Accessors of TypeScript and overloads of one name do not count separately. */
const MAX_METHODS = 25;

/** Returns the faults of a tree that has lib/ with a tsconfig.json, and native/: each a sentence. */
export function faultsOf(root) {
  return [...faultsOfLibrary(root), ...faultsOfNative(root)];
}

function faultsOfLibrary(root) {
  const api = new API({ cwd: root });
  try {
    const config = join(root, 'tsconfig.json');
    const [{ program }] = api.updateSnapshot({ openProjects: [config] }).getProjects();
    const files = filesIn(root, 'lib', /\.ts$/);
    const sources = files.map((file) => [file, program.getSourceFile(join(root, file))]);
    const graph = new Map(
      sources.map(([file, source]) => [file, importsOf(file, source).filter(isIn(files))]),
    );
    return [
      ...upwardFaults(graph, 'lib', LIBRARY_LAYERS, 'import'),
      ...circleFaults(graph),
      ...files.flatMap((file) => lengthFaults(root, file)),
      ...sources.flatMap(([file, source]) => methodFaults(file, methodsOf(source))),
    ];
  } finally {
    api.close();
  }
}

/** Returns what a file imports and re-exports from others, types and dynamic imports included. */
function importsOf(file, source) {
  return source.imports
    .map(({ text }) => text)
    .filter((text) => text.startsWith('.'))
    .map((text) => posix.join(posix.dirname(file), text).replace(/\.js$/, '.ts'));
}

/** Returns the public methods of each class, by its name. */
function methodsOf(source) {
  const isPublic = ({ kind, name, modifiers = [] }) =>
    kind === SyntaxKind.MethodDeclaration &&
    name.kind !== SyntaxKind.PrivateIdentifier &&
    !modifiers.some(
      (each) =>
        each.kind === SyntaxKind.PrivateKeyword || each.kind === SyntaxKind.ProtectedKeyword,
    );
  return source.statements
    .filter(({ kind }) => kind === SyntaxKind.ClassDeclaration)
    .map(({ name, members }) => [
      name.text,
      new Set(members.filter(isPublic).map((each) => each.name.getText(source))).size,
    ]);
}

function faultsOfNative(root) {
  const files = filesIn(root, 'native', /\.(h|cc)$/);
  const texts = files.map((file) => [file, readFileSync(join(root, file), 'utf8')]);
  const graph = new Map(
    texts.map(([file, text]) => [file, includesOf(file, text).filter(isIn(files))]),
  );
  const shipped = texts.filter(([file]) => !NATIVE_LAYERS[0].includes(file.split('/')[1]));
  return [
    ...upwardFaults(graph, 'native', NATIVE_LAYERS, 'include'),
    ...circleFaults(graph),
    ...texts.flatMap(([file, text]) => nodeFaults(file, text)),
    ...shipped.flatMap(([file, text]) => platformFaults(file, text)),
    ...shipped.flatMap(([file]) => lengthFaults(root, file)),
    ...shipped
      .filter(([file]) => file.endsWith('.h'))
      .flatMap(([file, text]) => methodFaults(file, methodsOfCpp(text))),
  ];
}

/** A header is named by its path from native/ or from native/include/, or from the file's own folder. */
function includesOf(file, text) {
  return [...text.matchAll(/^[ \t]*#[ \t]*include[ \t]+"([^"]+)"/gm)].flatMap(([, name]) => [
    posix.join('native', name),
    posix.join('native/include', name),
    posix.join(posix.dirname(file), name),
  ]);
}

function upwardFaults(graph, area, layers, verb) {
  const rowOf = (file) => layers.findIndex((row) => row.includes(folderOf(file)));
  const strangers = [...graph.keys()].filter((file) => rowOf(file) < 0);
  return [
    ...strangers.map(
      (file) =>
        `${file} is in no folder that the layers of ${area}/ name. Move it to one of them, or give its ` +
        'folder a row in tools/arrows.mjs.',
    ),
    ...[...graph].flatMap(([file, others]) =>
      others
        .filter((other) => folderOf(other) !== folderOf(file) && rowOf(other) <= rowOf(file))
        .map(
          (other) =>
            `${file} must not ${verb} ${other}: ${folderOf(other)} is not below ${folderOf(file)} in the ` +
            `layers of ${area}/. Move what both need to a folder below them, or pass it in from above.`,
        ),
    ),
  ];
}

/** Returns one fault for each set of files that reach one another. */
function circleFaults(graph) {
  const reached = new Map([...graph.keys()].map((file) => [file, reachableFrom(file, graph)]));
  const told = new Set();
  const faults = [];
  for (const [file, others] of reached) {
    if (!others.has(file) || told.has(file)) continue;
    const circle = [...others].filter((other) => reached.get(other).has(file)).sort();
    for (const each of circle) told.add(each);
    faults.push(
      `There is a circle of files: ${circle.join(', ')}. Move what they need of one another, such as ` +
        'types, to a file of its own.',
    );
  }
  return faults;
}

function reachableFrom(file, graph) {
  const found = new Set();
  const open = [...graph.get(file)];
  while (open.length > 0) {
    const next = open.pop();
    if (found.has(next)) continue;
    found.add(next);
    open.push(...graph.get(next));
  }
  return found;
}

function nodeFaults(file, text) {
  if (NODE_FOLDERS.includes(folderOf(file))) return [];
  return [...text.matchAll(/^[ \t]*#[ \t]*include[ \t]+[<"]([^>"]+)[>"]/gm)]
    .filter(([, name]) => NODE_HEADER.test(name))
    .map(
      ([, name]) =>
        `${file} must not include ${name}: only native/addon/ knows Node. Pass plain C++ in from there.`,
    );
}

function platformFaults(file, text) {
  if (file.split('/').some((part) => PLATFORM_FOLDERS.includes(part))) return [];
  // The public headers are for the compilers of others.
  if (folderOf(file) === 'include') return [];
  return [...text.matchAll(PLATFORM)].map(
    ([line]) =>
      `${file} asks for the platform ('${line.trim()}'). Put what differs in a folder of the platform's ` +
      `name (${PLATFORM_FOLDERS.join(', ')}), behind one header.`,
  );
}

function lengthFaults(root, file) {
  const text = readFileSync(join(root, file), 'utf8');
  const lines = text.split('\n').length - 1;
  if (lines <= MAX_LINES || /^\/\/ Generated\b/.test(text)) return [];
  return [
    `${file} has ${lines} lines, and ${MAX_LINES} are allowed. Split it where it does more than one thing.`,
  ];
}

function methodFaults(file, classes) {
  return classes
    .filter(([, count]) => count > MAX_METHODS)
    .map(
      ([name, count]) =>
        `${name} in ${file} has ${count} public methods, and ${MAX_METHODS} are allowed. Give a part of ` +
        'them a class of their own.',
    );
}

function filesIn(root, area, pattern) {
  return readdirSync(join(root, area), { recursive: true, encoding: 'utf8' })
    .map((file) => posix.join(area, file.split(sep).join('/')))
    .filter((file) => pattern.test(file) && !/\/(build|node_modules)\//.test(file))
    .filter((file) => !file.endsWith('.d.ts'))
    .sort();
}

/** Returns the folder below lib/ or native/, or the name of a file that is in none. */
const folderOf = (file) => file.split('/')[1];

const isIn = (files) => {
  const all = new Set(files);
  return (file) => all.has(file);
};

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const root = dirname(dirname(fileURLToPath(import.meta.url)));
  const faults = faultsOf(root);
  for (const fault of faults) console.error(fault);
  console.log(`${relative(root, process.argv[1])}: ${faults.length} faults.`);
  process.exitCode = faults.length > 0 ? 1 : 0;
}
