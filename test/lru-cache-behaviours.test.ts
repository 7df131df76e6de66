// Tests what docs/lru-cache.md says of each behaviour of lru-cache: the scenario of a row that says "same" gives
// the same with both libraries; that of a row that says "differs" gives with each what is written next to it.

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { LRUCache } from 'lru-cache';
import { afterEach, describe, expect, it } from 'vitest';
import { ArenaCache } from '../lib/arena/arena-cache.js';
import { ebbcache, type Library, lruCache } from './helpers/beside-lru-cache.js';
import { entries } from './helpers/lru-cache-entries.js';
import { expiry } from './helpers/lru-cache-expiry.js';
import { fetching } from './helpers/lru-cache-fetching.js';
import { removal } from './helpers/lru-cache-removal.js';
import type { Behaviours } from './helpers/lru-cache-row.js';

const page = readFileSync(join(import.meta.dirname, '..', 'docs', 'lru-cache.md'), 'utf8');
const verdicts = ['same', 'differs', 'none'] as const;
type Verdict = (typeof verdicts)[number];

/** These are the rows of all tables that have a verdict; the first cell is the name. */
const rows = [...page.matchAll(/^\| (.+?) +\| (\w+) +\| .*\|$/gm)]
  .map(([, name, verdict]) => ({ name: name as string, verdict: verdict as Verdict }))
  .filter(({ verdict }) => verdicts.includes(verdict));
const namesOf = (wanted: Verdict) =>
  rows.filter(({ verdict }) => verdict === wanted).map(({ name }) => name);

const behaviours: Behaviours[] = [entries, expiry, fetching, removal];
const same = Object.assign({}, ...behaviours.map((each) => each.same)) as Behaviours['same'];
const differs = Object.assign(
  {},
  ...behaviours.map((each) => each.differs),
) as Behaviours['differs'];

afterEach(() => ebbcache.close());

describe('the rows of docs/lru-cache.md that say "same"', () => {
  it('are those that have a test', () => {
    expect(Object.keys(same).sort()).toEqual(namesOf('same').sort());
  });

  it.each(Object.entries(same))('are true: %s', async (_name, { scenario, gives }) => {
    const run = (library: Library) => scenario(library.open, library);
    expect({ lruCache: await run(lruCache), ebbcache: await run(ebbcache) }).toEqual({
      lruCache: gives,
      ebbcache: gives,
    });
  });
});

describe('the rows of docs/lru-cache.md that say "differs"', () => {
  it('are those that have a test', () => {
    expect(Object.keys(differs).sort()).toEqual(namesOf('differs').sort());
  });

  it.each(Object.entries(differs))(
    'are true: %s',
    async (_name, { scenario, lruGives, oursGives }) => {
      expect(oursGives).not.toEqual(lruGives);
      expect(await scenario(lruCache.open, lruCache)).toEqual(lruGives);
      expect(await scenario(ebbcache.open, ebbcache)).toEqual(oursGives);
    },
  );
});

describe('the rows of docs/lru-cache.md that say "none"', () => {
  it('name no method of an ArenaCache', () => {
    const methods = namesOf('none').flatMap((name) =>
      [...name.replace(/ of .*/, '').matchAll(/`(\w+)`/g)].map(([, method]) => method as string),
    );
    expect(methods).toContain('pop');
    expect(methods.filter((method) => method in ArenaCache.prototype)).toEqual([]);
  });
});

describe('the page docs/lru-cache.md', () => {
  // The files are read by their paths, as lru-cache's manifest exports neither itself nor the types.
  const folder = join(
    dirname(createRequire(import.meta.url).resolve('lru-cache')),
    '..',
    '..',
    '..',
  );
  const types = readFileSync(join(folder, 'dist', 'esm', 'index.d.ts'), 'utf8');
  const { version } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  const isTold = (name: string) => new RegExp(`\`[^\`]*\\b${name}\\b[^\`]*\``).test(page);

  it('describes the version that the scenarios run on', () => {
    expect(page).toContain(`lru-cache ${version.split('.')[0]}`);
  });

  it('mentions every option that lru-cache declares', () => {
    const blocks = [...types.matchAll(/^ {4}interface \w*Options\w*.*?^ {4}\}/gms)];
    const options = new Set(
      blocks.flatMap(([block]) => [...block.matchAll(/^ {8}(\w+)\??: /gm)].map(([, name]) => name)),
    );
    expect(options.size).toBeGreaterThan(30);
    expect([...options].filter((name) => !isTold(name as string))).toEqual([]);
  });

  it('mentions every method and property that lru-cache has', () => {
    const members = Object.getOwnPropertyNames(LRUCache.prototype);
    expect(members.length).toBeGreaterThan(30);
    expect(members.filter((name) => name !== 'constructor' && !isTold(name))).toEqual([]);
  });

  it('mentions every reason and channel', () => {
    for (const name of ['evict', 'set', 'delete', 'expire', 'fetch']) {
      expect(page).toContain(`\`'${name}'\``);
    }
    expect(isTold('lru-cache:metrics')).toBe(true);
  });
});
