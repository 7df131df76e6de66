// Writes docs/options.md: a table of all options, from the interfaces in lib/ and their docstrings. With
// --check it writes nothing, and fails where the page differs from the one that it would write.

import { SymbolFlags } from 'typescript/unstable/sync';
import { literalsOf } from './declarations.mjs';
import { lineOf } from './docstrings.mjs';
import { keepPage, row } from './page-file.mjs';
import { declarationOf, withProject } from './public-face.mjs';

/** The owner of the options, their interface, and the interface whose options already have rows. */
const OWNERS = [
  ['`ArenaCache`, `KeyvEbbcache`', 'ArenaCacheOptions'],
  ['their `disk`', 'DiskOptions'],
  ['`ArenaCache`: `set`, `setBytes`, `setMany`', 'SetOptions'],
  ['`ArenaCache`: `fetch`', 'ArenaFetchOptions'],
  ['`AdvancedMetadataCache`, `EnhancedMetadataCache`, `getEnhancedCache`', 'AdvancedCacheOptions'],
  ['`EnhancedMetadataCache`, `getEnhancedCache`', 'EnhancedCacheOptions', 'AdvancedCacheOptions'],
  ['caches of metadata: `put`', 'PutOptions'],
  ['caches of metadata: `fetch`', 'FetchOptions'],
  ['caches of metadata: `warmCache`', 'WarmOptions'],
  ['`MemoryPressureMonitor`, `configureGovernor`', 'MachineOptions'],
  ['`MemoryPressureMonitor`', 'MonitorOptions', 'MachineOptions'],
  ['`configureGovernor`', 'GovernorOptions', 'MachineOptions'],
  ['`redisTier`', 'RedisTierOptions'],
  ['`extractFile`', 'ExtractFileOptions'],
  ['`extractAll`', 'ExtractAllOptions'],
];

const HEAD = `# Options

<!-- Written by tools/options-page.mjs from the docstrings in lib/. Run \`npm run docs:options\` to write it anew. -->

All options of all classes, functions and methods. What is not an option is refused, with the name that was probably
meant. An option that is undefined counts as left out.

A value of the wrong type is a TypeError, and one that is out of range a RangeError, both with the code \`ERR_EBBCACHE_ARGUMENT\`.

| option | of | type | default | unit and range | what it is |
| ------ | -- | ---- | ------- | -------------- | ---------- |
`;

/** Returns the page's text. Throws for an option without a docstring. */
function optionsPage() {
  return withProject(
    (project) => HEAD + OWNERS.flatMap((owner) => rowsOf(project, owner)).join(''),
  );
}

function rowsOf(project, [owner, name, without]) {
  const inherited = new Set(
    without === undefined ? [] : membersOf(project, without).map((member) => member.name),
  );
  return membersOf(project, name)
    .filter((member) => !inherited.has(member.name))
    .map((member) => rowOf(project.checker, owner, member));
}

function membersOf(project, name) {
  const { checker } = project;
  return checker.getPropertiesOfType(checker.getTypeAtLocation(declarationOf(project, name).name));
}

function rowOf(checker, owner, member) {
  const isOptional = (member.flags & SymbolFlags.Optional) !== 0;
  const type = checker.getTypeOfSymbol(member);
  const doc = lineOf(checker, member);
  if (doc === '') throw new Error(`${member.name} of ${owner} needs a docstring.`);
  return row([
    `\`${member.name}\``,
    owner,
    `\`${literalsOf(checker, type)}\``,
    isOptional ? (defaultOf(doc) ?? 'none') : 'required',
    /\bnumber\b/.test(checker.typeToString(type)) ? unitAndRangeOf(member.name, doc) : '',
    doc,
  ]);
}

/** Returns 'Default: a sentence.' in full, or the value alone of 'Default 24: why.' */
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

keepPage('options.md', optionsPage(), 'npm run docs:options');
