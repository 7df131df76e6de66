// Writes docs/api.md: one entry for each public export, from its declaration and docstring. It begins at the
// entry points that package.json names. With --check it writes nothing, and fails where the page differs from
// the one that it would write.

import { SyntaxKind } from 'typescript/unstable/ast';
import { SymbolFlags } from 'typescript/unstable/sync';
import { TOPICS } from './api-topics.mjs';
import {
  isPublic,
  signatureOf,
  sourceOf,
  typeOf,
  typeParametersOf,
  wrapType,
} from './declarations.mjs';
import { docOf, lineOf } from './docstrings.mjs';
import { keepPage, row } from './page-file.mjs';
import { entryPoints, exportsOf, withProject } from './public-face.mjs';

const HEAD = `# API

<!-- Written by tools/api-page.mjs from the declarations and docstrings in lib/. Run \`npm run docs:api\` to write it anew. -->

Everything that the package exports. The options of all classes and functions, with their defaults and
ranges, are in one table in [Options](options.md).
`;

/** Returns the page's text. Throws for an export without a topic, and for one without a docstring. */
function apiPage() {
  return withProject((project) => {
    const face = new PublicFace(project);
    const topics = TOPICS.map((topic) => topicText(face, topic));
    face.checkAllTold();
    const body = topics.join('\n');
    return [HEAD, contentsOf(TOPICS, anchorsOf(`${HEAD}${body}`)), body].join('\n');
  });
}

/** All exports of all entry points, and which of them the page already has. */
class PublicFace {
  #modules;
  #symbols = new Map();
  #told = new Set();

  constructor(project) {
    this.project = project;
    this.checker = project.checker;
    this.#modules = new Map(
      entryPoints().map(({ specifier, file }) => [specifier, exportsOf(project, file)]),
    );
    for (const module of this.#modules.values()) {
      for (const [name, symbol] of module) this.#symbols.set(name, symbol);
    }
  }

  take(specifier, name) {
    const symbol = this.#modules.get(specifier)?.get(name);
    if (symbol === undefined) throw new Error(`${specifier} does not export ${name}.`);
    this.#told.add(symbol.id);
    return symbol;
  }

  has(name) {
    return this.#symbols.has(name);
  }

  checkAllTold() {
    const untold = [...this.#symbols].filter(([, symbol]) => !this.#told.has(symbol.id));
    if (untold.length === 0) return;
    const names = untold.map(([name]) => name).join(', ');
    throw new Error(`tools/api-topics.mjs has no topic for ${names}.`);
  }
}

function contentsOf(topics, anchors) {
  const link = (title) => `[${title}](#${anchors.get(title)})`;
  const lines = topics.map(({ title, exports }) => {
    const names = Object.values(exports).flat();
    return `- **${link(title)}**: ${names.map(link).join(', ')}\n`;
  });
  return lines.join('');
}

/** Returns the anchors of the headings, as GitHub makes them: a number distinguishes equal ones. */
function anchorsOf(text) {
  const anchors = new Map();
  const counts = new Map();
  for (const [, title] of text.matchAll(/^#+ (.*)$/gm)) {
    const slug = title
      .toLowerCase()
      .replace(/[^\w -]/g, '')
      .replaceAll(' ', '-');
    const count = counts.get(slug) ?? 0;
    counts.set(slug, count + 1);
    if (!anchors.has(title)) anchors.set(title, count === 0 ? slug : `${slug}-${count}`);
  }
  return anchors;
}

function topicText(face, { title, about, exports }) {
  const entries = Object.entries(exports).flatMap(([specifier, names]) =>
    names.map((name) => entryText(face, specifier, name)),
  );
  return [`## ${title}\n\n${about}\n`, ...entries].join('\n');
}

function entryText(face, specifier, name) {
  const symbol = face.take(specifier, name);
  const declarations = symbol.declarations.map((each) => each.resolve(face.project));
  const doc = docOf(face.checker, symbol);
  if (doc === '') missing(name);
  const write = WRITERS.get(declarations[0].kind);
  if (write === undefined) throw new Error(`${name} is of a kind that the page has no form for.`);
  const from = specifier === 'ebbcache' ? '' : `From \`${specifier}\`.\n\n`;
  return `### ${name}\n\n${from}${write(face, name, declarations, doc, symbol)}`;
}

const WRITERS = new Map([
  [SyntaxKind.ClassDeclaration, classText],
  [SyntaxKind.InterfaceDeclaration, interfaceText],
  [SyntaxKind.FunctionDeclaration, functionText],
  [SyntaxKind.TypeAliasDeclaration, aliasText],
  [SyntaxKind.VariableDeclaration, variableText],
]);

function classText(face, name, [node], doc) {
  const heritage = (node.heritageClauses ?? []).map(sourceOf).join(' ');
  const title = [`class ${name}${typeParametersOf(node)}`, heritage].filter(Boolean).join(' ');
  const members = membersByName(node).map(([each, nodes]) => memberText(face, name, each, nodes));
  return [`${code(title)}\n${doc}\n`, ...members].join('\n');
}

/**
 * Returns public members, with all declarations of each, except for those that only override inherited ones.
 */
function membersByName(node) {
  const byName = new Map();
  const isError = /Error$/.test(node.name.text);
  for (const member of node.members.filter(isPublic)) {
    const isConstructor = member.kind === SyntaxKind.Constructor;
    const name = isConstructor ? 'constructor' : member.name.text;
    // Only the package makes its errors. A method with a symbol for its name has no name.
    if (name === undefined || (isConstructor && isError)) continue;
    byName.set(name, [...(byName.get(name) ?? []), member]);
  }
  const isInternal = (each) =>
    (each.jsDoc ?? []).some((doc) => doc.getText().includes('@internal'));
  const isMere = (each) => /\boverride\b/.test(headOf(each)) && (each.jsDoc ?? []).length === 0;
  return [...byName].filter(
    ([, nodes]) => !nodes.every((each) => isMere(each) || isInternal(each)),
  );
}

function headOf(member) {
  return (member.modifiers ?? []).map((each) => each.getText()).join(' ');
}

function memberText(face, owner, name, nodes) {
  const isConstructor = name === 'constructor';
  const lines = overloadsOf(nodes).map((each) => {
    if (isConstructor) return signatureOf(face.checker, each, `new ${owner}`, hiddenFrom(face));
    if (each.parameters !== undefined && each.kind === SyntaxKind.MethodDeclaration) {
      return signatureOf(face.checker, each, name, hiddenFrom(face));
    }
    const isGetter = nodes.every((node) => node.kind === SyntaxKind.GetAccessor);
    const isFixed = isGetter || /\breadonly\b/.test(headOf(each));
    return `${isFixed ? 'readonly ' : ''}${name}: ${typeOf(face.checker, each)}`;
  });
  const doc = isConstructor ? '' : memberDoc(face, owner, name, nodes[0]);
  return `#### ${owner}.${name}\n\n${code(lines.join('\n'))}${doc === '' ? '' : `\n${doc}\n`}`;
}

function memberDoc(face, owner, name, node) {
  const doc = docOf(face.checker, face.checker.getSymbolAtLocation(node.name));
  if (doc === '') missing(`${owner}.${name}`);
  return doc;
}

/**
 * Returns a predicate for parameters with types of options that the package does not export: they are for its
 * own classes.
 */
function hiddenFrom(face) {
  return (parameter) => {
    const type = parameter.questionToken === undefined ? undefined : parameter.type?.typeName?.text;
    return /Options$/.test(type ?? '') && !face.has(type);
  };
}

/** Returns all nodes except for the implementation, where there are overloads, and setters. */
function overloadsOf(nodes) {
  const callable = nodes.filter((each) => each.kind !== SyntaxKind.SetAccessor);
  return callable.length > 1 ? callable.filter((each) => each.body === undefined) : callable;
}

function functionText(face, name, nodes, doc) {
  const lines = overloadsOf(nodes).map((each) =>
    signatureOf(face.checker, each, name, () => false),
  );
  return `${code(lines.join('\n'))}\n${doc}\n`;
}

function interfaceText(face, name, [node], doc) {
  const { checker } = face;
  const bases = (node.heritageClauses ?? []).flatMap((each) => each.types);
  const told = bases.filter((each) => face.has(each.expression.text));
  const inherited = new Set(
    told.flatMap((each) =>
      checker.getPropertiesOfType(checker.getTypeAtLocation(each)).map((member) => member.name),
    ),
  );
  const members = checker
    .getPropertiesOfType(checker.getTypeAtLocation(node.name))
    .filter((member) => !inherited.has(member.name) && !member.name.startsWith('__@'));
  const also = told.map((each) => `All of \`${sourceOf(each)}\`, and:\n`);
  const body = name.endsWith('Options')
    ? [code(membersText(face, members)), '[Options](options.md) says what each of them is.\n']
    : members.length === 0
      ? []
      : [membersTable(face, name, members)];
  return [`${doc}\n`, ...also, ...body].join('\n');
}

function membersText({ project, checker }, members) {
  return members
    .map((member) => {
      const node = member.declarations[0].resolve(project);
      return `${member.name}${optionalMark(member)}: ${typeOf(checker, node)};`;
    })
    .join('\n');
}

function optionalMark(member) {
  return (member.flags & SymbolFlags.Optional) === 0 ? '' : '?';
}

function membersTable({ project, checker }, name, members) {
  const rows = members.map((member) => {
    const node = member.declarations[0].resolve(project);
    const type =
      node.kind === SyntaxKind.MethodSignature
        ? signatureOf(checker, node, '', () => false).replace(/\s+/g, ' ')
        : typeOf(checker, node);
    return row([
      `\`${member.name}${optionalMark(member)}\``,
      `\`${type}\``,
      lineOf(checker, member) || missing(`${member.name} of ${name}`),
    ]);
  });
  return `| name | type | what it is |\n| ---- | ---- | ---------- |\n${rows.join('')}`;
}

/** An alias of an interface that the package does not export is shown as that interface. */
function aliasText(face, name, nodes, doc, symbol) {
  const node = nodes.find((each) => each.kind === SyntaxKind.TypeAliasDeclaration);
  const target = node.type.typeName?.text;
  if (target !== undefined && node.type.typeArguments === undefined && !face.has(target)) {
    const members = face.checker.getPropertiesOfType(face.checker.getDeclaredTypeOfSymbol(symbol));
    return `${doc}\n\n${membersTable(face, name, members)}`;
  }
  const type = `type ${name}${typeParametersOf(node)} = ${sourceOf(node.type)}`;
  return `${code(wrapType(type))}\n${doc}\n`;
}

function variableText({ checker }, name, [node], doc) {
  return `${code(`const ${name}: ${typeOf(checker, node)}`)}\n${doc}\n`;
}

function missing(what) {
  throw new Error(`${what} needs a docstring.`);
}

function code(text) {
  return `\`\`\`ts\n${text}\n\`\`\`\n`;
}

keepPage('api.md', apiPage(), 'npm run docs:api');
