// docs/architecture.md names functions in files, and the layers of folders, that are there.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { LIBRARY_LAYERS, NATIVE_LAYERS } from '../tools/arrows.mjs';

const root = join(import.meta.dirname, '..');
const page = readFileSync(join(root, 'docs', 'architecture.md'), 'utf8');

interface Step {
  place: number;
  file: string;
  name: string;
}

const steps: Step[] = [...page.matchAll(/^(\d+)\. `([^`]+)`: `([^`]+)`/gm)].map((match) => ({
  place: Number(match[1]),
  file: match[2] ?? '',
  name: match[3] ?? '',
}));

describe('The page on the architecture', () => {
  it('describes the paths of a hit, a miss and a pressure event', () => {
    const firsts = steps.filter(({ place }) => place === 1);
    expect(firsts.map(({ name }) => name)).toEqual(['get', 'fetch', 'wait']);
  });

  it('has no path of more than twelve files', () => {
    expect(Math.max(...steps.map(({ place }) => place))).toBeLessThanOrEqual(12);
  });

  it.each(steps)('names $name, which is in $file', ({ file, name }) => {
    const source = readFileSync(join(root, file), 'utf8');
    expect(source).toMatch(new RegExp(`(?<![\\w])${name}(<[^(]*>)?\\(`));
  });

  it.each([...LIBRARY_LAYERS, ...NATIVE_LAYERS.slice(1)])('has the layer of %s', (...folders) => {
    expect(page).toMatch(new RegExp(` ${folders.join(', ')}( {2,}|\n)`));
  });
});
