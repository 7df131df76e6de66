// Writes docs/options.md: a table of all options, from the interfaces in lib/ and their docstrings. With
// --check it writes nothing, and fails where the page is not what it would write.

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { API } from 'typescript/unstable/sync';

const root = fileURLToPath(new URL('..', import.meta.url));
const pageFile = join(root, 'docs', 'options.md');

/** What takes options, the file and name of their interface, and that whose options have rows already. */
const OWNERS = [
  ['`ArenaCache`, `KeyvEbbcache`', 'arena/arena-options.ts', 'ArenaCacheOptions'],
  ['their `disk`', 'arena/disk-options.ts', 'DiskOptions'],
  ['`ArenaCache`: `set`, `setBytes`, `setMany`', 'arena/set-options.ts', 'SetOptions'],
  ['`ArenaCache`: `fetch`', 'arena/arena-flights.ts', 'ArenaFetchOptions'],
  [
    '`AdvancedMetadataCache`, `EnhancedMetadataCache`, `getEnhancedCache`',
    'metadata/advanced-options.ts',
    'AdvancedCacheOptions',
  ],
  [
    '`EnhancedMetadataCache`, `getEnhancedCache`',
    'metadata/enhanced-options.ts',
    'EnhancedCacheOptions',
    'AdvancedCacheOptions',
  ],
  ['caches of metadata: `put`', 'metadata/put-options.ts', 'PutOptions'],
  ['caches of metadata: `fetch`', 'metadata/fetch-options.ts', 'FetchOptions'],
  ['caches of metadata: `warmCache`', 'metadata/warm.ts', 'WarmOptions'],
  ['`MemoryPressureMonitor`, `configureGovernor`', 'memory/monitor-options.ts', 'MachineOptions'],
  ['`MemoryPressureMonitor`', 'memory/monitor-options.ts', 'MonitorOptions', 'MachineOptions'],
  ['`configureGovernor`', 'memory/governor-options.ts', 'GovernorOptions', 'MachineOptions'],
  ['`redisTier`', 'tiers/redis/options.ts', 'RedisTierOptions'],
  ['`extractFile`', 'extract/extract-file.ts', 'ExtractFileOptions'],
  ['`extractAll`', 'extract/extract-all.ts', 'ExtractAllOptions'],
];

const HEAD = `# Options

<!-- Written by tools/options-page.mjs from the docstrings in lib/. Run \`npm run docs:options\` to write it anew. -->

All options of everything that takes some. Names that are none are refused, with the one that was probably meant;
an option that is undefined is one left out. Values of the wrong type are a TypeError and those out of range a
RangeError, with the code \`ERR_EBBCACHE_ARGUMENT\`.

| option | of | type | default | unit and range | what it is |
| ------ | -- | ---- | ------- | -------------- | ---------- |
`;

const OPTIONAL = 1 << 24;
const STRING_LITERAL = 1 << 10;
const UNDEFINED = 1 << 2;

/** The page's text. Throws for an option without a docstring. */
export function optionsPage() {
  const api = new API({ cwd: root });
  try {
    const config = join(root, 'tsconfig.json');
    const [project] = api.updateSnapshot({ openProjects: [config] }).getProjects();
    return HEAD + OWNERS.flatMap((owner) => rowsOf(project, owner)).join('');
  } finally {
    api.close();
  }
}

function rowsOf(project, [owner, file, name, without]) {
  const { checker } = project;
  const base = OWNERS.find(([, , each]) => each === without);
  const inherited = new Set(
    base === undefined ? [] : membersOf(project, base[1], base[2]).map((member) => member.name),
  );
  return membersOf(project, file, name)
    .filter((member) => !inherited.has(member.name))
    .map((member) => rowOf(checker, owner, member));
}

function membersOf({ program, checker }, file, name) {
  const source = program.getSourceFile(join(root, 'lib', file));
  const declaration = source?.statements.find((each) => each.name?.text === name);
  if (declaration === undefined) throw new Error(`lib/${file} has no ${name}.`);
  return checker.getPropertiesOfType(checker.getTypeAtLocation(declaration.name));
}

function rowOf(checker, owner, member) {
  const isOptional = (member.flags & OPTIONAL) !== 0;
  const type = checker.getTypeOfSymbol(member);
  const doc = member.getDocumentationComment(checker).replace(/\s+/g, ' ').trim();
  if (doc === '') throw new Error(`${member.name} of ${owner} needs a docstring.`);
  const cells = [
    `\`${member.name}\``,
    owner,
    `\`${typeOf(checker, type)}\``,
    isOptional ? (defaultOf(doc) ?? 'none') : 'required',
    /\bnumber\b/.test(checker.typeToString(type)) ? unitAndRangeOf(member.name, doc) : '',
    doc,
  ];
  return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |\n`;
}

/** A union of strings is spelled out. */
function typeOf(checker, type) {
  const parts = type.isUnionType() ? type.getTypes() : [type];
  const given = parts.filter((each) => (each.flags & UNDEFINED) === 0);
  if (given.every((each) => (each.flags & STRING_LITERAL) !== 0)) {
    return given.map((each) => `'${each.value}'`).join(' | ');
  }
  return checker.typeToString(type).replace(/ \| undefined$/, '');
}

/** 'Default: a sentence.' in full, or the value alone of 'Default 24: why.' */
function defaultOf(doc) {
  const sentence = /\bDefault: ((?:[^.;]|\.\d)+)/.exec(doc)?.[1];
  return sentence ?? /\bDefault ('[^']*'|(?:[^.,:;]|[.,]\d)+)/.exec(doc)?.[1];
}

const UNITS = [
  [/Mb$/, 'MiB'],
  [/Bytes$/, 'bytes'],
  [/Seconds$/, 's'],
  [/Hours$/, 'h'],
  [/Ms$|^ttl$|^cost$/, 'ms'],
  [/Entries$/, 'entries'],
];

const NUMBER = String.raw`\d[\d,]*(?:\.\d+)?(?:e\d+)?(?: [KMG]iB)?`;
const RANGE = new RegExp(
  [
    `(?:${NUMBER}|\`?\\w+Ms\`?) to (?:${NUMBER}|a day|Number\\.MAX_SAFE_INTEGER)`,
    `${NUMBER} or more`,
    `above ${NUMBER}(?:, at most ${NUMBER})?`,
    'up to maxBytes',
  ].join('|'),
);

function unitAndRangeOf(name, doc) {
  const unit = /\bpercent\b/i.test(doc) ? '%' : UNITS.find(([ending]) => ending.test(name))?.[1];
  const range = RANGE.exec(doc.replace(/\bDefault: (?:[^.;]|\.\d)+/, ''))?.[0];
  return [unit, range].filter((each) => each !== undefined).join(', ');
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const page = optionsPage();
  if (!process.argv.includes('--check')) writeFileSync(pageFile, page);
  else if (readFileSync(pageFile, 'utf8') !== page) {
    console.error('docs/options.md is not up to date: run npm run docs:options.');
    process.exitCode = 1;
  }
}
