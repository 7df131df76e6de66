// Tests files whose size and time do not depend on their content: those of procfs and sysfs.

import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { contentState } from '../lib/files/content-state.js';
import { fileState, whyNoState } from '../lib/files/file-state.js';
import { Caches } from './helpers/caches.js';

const caches = new Caches();
const onLinux = process.platform === 'linux';

/** It differs between processes and is constant in this one; the system reports 0 bytes. */
const STAT = '/proc/self/cmdline';
const LIMITS = '/proc/self/limits';
/** It has more than 64 KiB on any machine. */
const LARGE = '/proc/kallsyms';
/** The system reports the size of a page, and it has a few bytes. */
const SYSFS = '/sys/kernel/mm/transparent_hugepage/enabled';

const exists = (path: string) => {
  try {
    return readFileSync(path).length > 0;
  } catch {
    return false;
  }
};

function write(name: string, content: string | Buffer): string {
  const file = join(caches.folder, name);
  writeFileSync(file, content);
  return file;
}

describe.runIf(onLinux)('the state by content of a file that the kernel generates', () => {
  it('depends on the content', () => {
    expect(statSync(STAT).size).toBe(0);
    expect(contentState(STAT)).toBe(contentState(write('copy', readFileSync(STAT))));
    expect(contentState(STAT)).not.toBe(contentState(LIMITS));
    expect(contentState(STAT)).not.toBe(contentState(write('empty', '')));
  });

  it('changes with the content', () => {
    const read = () => contentState('/proc/self/comm');
    const [title, state] = [process.title, read()];
    try {
      process.title = `${title.slice(0, 4)} other`;
      expect(read()).not.toBe(state);
    } finally {
      process.title = title;
    }
  });

  it.runIf(exists(SYSFS))('depends on the content where that is shorter than the size', () => {
    const content = readFileSync(SYSFS);
    expect(statSync(SYSFS).size).toBeGreaterThan(content.length);
    expect(contentState(SYSFS)).toBe(contentState(write('copy', content)));
  });

  it.runIf(exists(LARGE))(
    'is undefined where the content is longer than the limit of a read',
    () => {
      expect(statSync(LARGE).size).toBe(0);
      expect(contentState(LARGE)).toBeUndefined();
    },
  );

  it('distinguishes two such files', () => {
    const cache = caches.make({ validate: 'content' });
    const empty = write('empty', '');
    cache.put(STAT, { of: 'stat' });
    cache.put(LIMITS, { of: 'limits' });
    cache.put(empty, { of: 'empty' });
    expect([STAT, LIMITS, empty].map((file) => cache.get(file)?.of)).toEqual([
      'stat',
      'limits',
      'empty',
    ]);
  });
});

describe.runIf(onLinux)('the state by size and time of a file that the kernel generates', () => {
  it.each([STAT, SYSFS].filter(exists))('is undefined: %s', (file) => {
    expect(fileState(file)).toBeUndefined();
    expect(whyNoState(file)).toBe('The path is a file that the kernel makes when it is read.');
  });

  it('prevents any record of it, and the log says so', async () => {
    const cache = caches.make();
    const extract = vi.fn(() => ({ n: 1 }));
    for (let i = 0; i < 2; i++) expect(await cache.fetch(STAT, extract)).toEqual({ n: 1 });
    expect(extract).toHaveBeenCalledTimes(2);
    expect(cache.put(STAT, { n: 1 })).toBe(false);
    expect(cache.get(STAT)).toBeUndefined();
    expect(caches.logger.warn).toHaveBeenCalledWith(
      expect.anything(),
      expect.stringContaining('the kernel makes'),
    );
  });

  it('is defined for an ordinary file with such a size', () => {
    const cache = caches.make();
    for (const size of [0, 4096, 16_384, 65_536]) {
      const file = write(`${size}`, Buffer.alloc(size));
      expect(fileState(file)).toBeTypeOf('string');
      expect(cache.put(file, { size })).toBe(true);
      expect(cache.get(file)).toEqual({ size });
    }
  });
});
