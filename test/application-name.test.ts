import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { applicationName } from '../lib/metadata/application-name.js';
import { makeTempFolder } from './helpers/temp-folder.js';

let folder: string;
beforeEach(() => {
  folder = makeTempFolder();
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function file(path: string, text = ''): string {
  const whole = join(folder, path);
  mkdirSync(dirname(whole), { recursive: true });
  writeFileSync(whole, text);
  return whole;
}

describe('the name of the application', () => {
  it('is the name of the package that holds the main module', () => {
    file('package.json', '{ "name": "gallery" }');
    expect(applicationName(file('main.js'))).toBe('gallery');
    expect(applicationName(file('src/deep/main.js'))).toBe('gallery');
    expect(applicationName(join(folder, 'src', 'main-without-extension'))).toBe('gallery');
  });

  it('is taken from the nearest package that has a name', () => {
    file('package.json', '{ "name": "gallery" }');
    file('dist/package.json', '{ "type": "module" }');
    expect(applicationName(file('dist/main.js'))).toBe('gallery');
    file('dist/package.json', '{ "name": "" }');
    expect(applicationName(join(folder, 'dist', 'main.js'))).toBe('gallery');
    file('dist/package.json', 'no JSON');
    expect(applicationName(join(folder, 'dist', 'main.js'))).toBe('gallery');
    file('dist/package.json', '{ "name": "built" }');
    expect(applicationName(join(folder, 'dist', 'main.js'))).toBe('built');
  });

  it('is the name of the package that installed the program', () => {
    file('node_modules/next/package.json', '{ "name": "next" }');
    const program = file('node_modules/next/dist/bin/next.js');
    expect(applicationName(program)).toBe('next');
    file('package.json', '{ "name": "shop" }');
    expect(applicationName(program)).toBe('shop');
    mkdirSync(join(folder, 'node_modules', '.bin'));
    const link = join(folder, 'node_modules', '.bin', 'next');
    symlinkSync(program, link, 'file');
    expect(applicationName(link)).toBe('shop');
  });

  it('is taken from the current folder where there is no main module', () => {
    for (const main of [undefined, '']) expect(applicationName(main)).toBe('ebbcache');
  });

  it('is empty where no package has a name', () => {
    expect(applicationName(file('main.js'))).toBe('');
    expect(applicationName('/')).toBe('');
  });
});
