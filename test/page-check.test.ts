// The check of an LMDB file before it is opened: files that lmdb made pass, also those of a process that
// was killed, and lmdb survives what passes. How: damaged copies, in processes of their own.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, closeSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkPages, type PageCheck } from '../lib/tiers/disk/pages/page-check.js';
import { change, makePages, openPages, readAll } from './helpers/page-files.mjs';
import { runNode } from './helpers/run-script.js';
import { seededRandom } from './helpers/seeded-random.mjs';
import { withTempFolder } from './helpers/temp-folder.js';

const PAGE_SIZES = [4096, 16384];
const checkUrl = new URL('../dist/tiers/disk/pages/page-check.js', import.meta.url).href;
const helper = (name: string) => fileURLToPath(new URL(`./helpers/${name}`, import.meta.url));

function check(path: string): PageCheck {
  const fd = openSync(path, 'r');
  try {
    return checkPages(fd);
  } finally {
    closeSync(fd);
  }
}

/** What is said of a file of just these bytes. */
async function checkBytes(bytes: Uint8Array): Promise<PageCheck> {
  return withTempFolder(async (folder) => {
    writeFileSync(join(folder, 'file'), bytes);
    return check(join(folder, 'file'));
  });
}

describe.each(PAGE_SIZES)('files of lmdb with pages of %i bytes', (pageSize) => {
  it('pass without and with entries', async () => {
    await withTempFolder(async (folder) => {
      const path = join(folder, 'data.mdb');
      const pages = openPages(path, { pageSize });
      const sound = { ok: true, pageSize, databases: 3 };
      expect(check(path)).toMatchObject({ ...sound, entries: 0 });
      const { values, uses } = pages;
      await values.put('key', Buffer.from('value'));
      expect(check(path)).toMatchObject({ ...sound, entries: 1 });
      // A value may end with a page, or a byte behind one.
      for (const bytes of [0, 1, 5000, pageSize - 24, pageSize - 23, 2 * pageSize, 3_000_000]) {
        await uses.put(`key ${bytes}`, Buffer.alloc(bytes, 1));
      }
      expect(check(path)).toMatchObject({ ...sound, entries: 8 });
      await uses.clearAsync();
      await values.remove('key');
      expect(check(path)).toMatchObject({ ...sound, entries: 0 });
      await pages.close();
      expect(check(path)).toMatchObject({ ...sound, entries: 0 });
    });
  });

  it('pass with any history', async () => {
    const step = fc.record({
      count: fc.integer({ min: 1, max: 400 }),
      keys: fc.constantFrom(20, 900, 5000),
      longest: fc.constantFrom(100, 1500, 6000, 100_000),
      removals: fc.constantFrom(0, 30, 90),
    });
    await fc.assert(
      fc.asyncProperty(fc.integer(), fc.array(step, { maxLength: 8 }), async (seed, steps) => {
        await withTempFolder(async (folder) => {
          const path = join(folder, 'data.mdb');
          const pages = openPages(path, { pageSize });
          try {
            for (const step of steps) {
              change(pages, seededRandom(seed), step);
              const entries = pages.databases.reduce(
                (sum, database) => sum + database.getCount(),
                0,
              );
              expect(check(path)).toMatchObject({ ok: true, entries });
            }
          } finally {
            await pages.close();
          }
        });
      }),
      { numRuns: 20, seed: 1 },
    );
  });
});

describe('the file of a process that was killed while it wrote', () => {
  it('passes, and lmdb goes on with it', async () => {
    await withTempFolder(async (folder) => {
      const path = join(folder, 'data.mdb');
      for (let round = 1; round <= 6; round++) {
        const child = spawn(process.execPath, [helper('write-pages.mjs'), path, String(round)]);
        const closed = once(child, 'close');
        let lines = 0;
        child.stdout.on('data', (text: Buffer) => {
          lines += text.length;
          if (lines > 10 * round) child.kill('SIGKILL');
        });
        await closed;
        expect(lines).toBeGreaterThan(10 * round);
        const found = check(path);
        expect(found).toMatchObject({ ok: true, databases: 3 });
        const pages = openPages(path, {});
        expect(readAll(pages)).toBeGreaterThan(0);
        await pages.close();
      }
    });
  });
});

describe('what is no file of lmdb', () => {
  it('is told apart by its kind', async () => {
    expect(await checkBytes(Buffer.alloc(0))).toMatchObject({ ok: false, kind: 'empty' });
    for (const bytes of [Buffer.from('text'), Buffer.alloc(20), Buffer.alloc(100_000, 'text')]) {
      expect(await checkBytes(bytes)).toEqual({
        ok: false,
        kind: 'foreign',
        reason: 'It is no LMDB file.',
      });
    }
  });

  it('is damaged where it begins with zeros, as nobody begins a file', async () => {
    expect(await checkBytes(Buffer.alloc(100_000))).toMatchObject({ ok: false, kind: 'damaged' });
  });

  it('is an error of the system where there is no file', () => {
    expect(() => checkPages(1_000_000)).toThrow('EBADF');
  });
});

describe('a file of another format', () => {
  it('is foreign', async () => {
    await withTempFolder(async (folder) => {
      const path = join(folder, 'data.mdb');
      await makePages(path, 4096, 1);
      const bytes = readFileSync(path);
      bytes.writeUInt32LE(999, 28);
      const reason = 'It is an LMDB file of the format 999.';
      expect(await checkBytes(bytes)).toEqual({ ok: false, kind: 'foreign', reason });
    });
    // Format 1, whose header is shorter: page number, padding, flags, bounds.
    const old = Buffer.alloc(8192);
    for (const page of [0, 1]) {
      old.writeUInt32LE(page, page * 4096);
      old.writeUInt16LE(8, page * 4096 + 10);
      old.writeUInt32LE(0xbeefc0de, page * 4096 + 16);
      old.writeUInt32LE(1, page * 4096 + 20);
    }
    const reason = 'It is an LMDB file of the format 1.';
    expect(await checkBytes(old)).toEqual({ ok: false, kind: 'foreign', reason });
  });
});

describe('what LMDB does not read', () => {
  it('may hold anything', async () => {
    await withTempFolder(async (folder) => {
      const path = join(folder, 'data.mdb');
      await makePages(path, 4096, 1);
      const sound = check(path);
      expect(sound).toMatchObject({ ok: true });
      appendFileSync(path, Buffer.alloc(10_000, 'unfinished'));
      expect(check(path)).toEqual(sound);
    });
  });
});

/** A small file and where things lie in it. */
interface Layout {
  bytes: Buffer;
  /** The meta page that counts. */
  meta: number;
  /** Root pages, which are leaves of the main and the free database. */
  main: number;
  free: number;
}

const PAGE = 4096;
const HEADER = 24;

async function makeLayout(folder: string): Promise<Layout> {
  const path = join(folder, 'data.mdb');
  const pages = openPages(path, { pageSize: PAGE });
  for (let i = 0; i < 50; i++) {
    await pages.values.put(`key ${i}`, Buffer.alloc(i * 200, 1));
  }
  await pages.close();
  const bytes = readFileSync(path);
  const meta = bytes.readUInt32LE(PAGE + 152) > bytes.readUInt32LE(152) ? PAGE : 0;
  return {
    bytes,
    meta,
    main: bytes.readUInt32LE(meta + 136) * PAGE,
    free: bytes.readUInt32LE(meta + 88) * PAGE,
  };
}

const nodeOf = (bytes: Buffer, page: number, index: number) =>
  page + HEADER + bytes.readUInt16LE(page + HEADER + index * 2);
const dataOf = (bytes: Buffer, node: number) => node + 8 + bytes.readUInt16LE(node + 6);

const DAMAGES: [what: string, damage: (layout: Layout) => void, reason: RegExp][] = [
  [
    'a meta page without its magic number',
    ({ bytes }) => bytes.fill(0, 0, 100),
    /^Meta page 0 has no magic number\.$/,
  ],
  [
    'other page sizes in the meta pages',
    ({ bytes }) => bytes.writeUInt32LE(8192, PAGE + 48),
    /^Meta page 0 says that pages have 4096 bytes, page 1 8192\.$/,
  ],
  [
    'a transaction in the other meta page',
    ({ bytes, meta }) => bytes.writeUInt32LE(bytes.readUInt32LE(meta + 152) + 1, meta + 152),
    /^Meta page [01] has the transaction \d+\.$/,
  ],
  [
    'a last page far behind the file',
    ({ bytes, meta }) => bytes.writeUInt32LE(1, meta + 148),
    /^The last page is \d+, and the file has \d+ pages\.$/,
  ],
  [
    'a last page behind the file',
    ({ bytes, meta }) => bytes.writeUInt32LE(bytes.length / PAGE, meta + 144),
    /^Page \d+ is not free, and the file has \d+ pages\.$/,
  ],
  [
    'a meta page as a root',
    ({ bytes, meta }) => bytes.writeUInt32LE(1, meta + 136),
    /^1 pages from 1 on are out of range; the last page is \d+\.$/,
  ],
  [
    'another depth',
    ({ bytes, meta }) => bytes.writeUInt16LE(2, meta + 102),
    /^The main database has a page with the number \d+ and the flags 2 as page/,
  ],
  [
    'a flag of encryption, in the meta page that does not count',
    ({ bytes, meta }) =>
      bytes.writeUInt8(bytes.readUInt8(PAGE - meta + 53) | 0x20, PAGE - meta + 53),
    /^Meta page [01] has the flags \d+\.$/,
  ],
  [
    'a flag of duplicates',
    ({ bytes, meta }) => bytes.writeUInt16LE(4, meta + 100),
    /^The main database has the flags 4/,
  ],
  [
    'another count of entries',
    ({ bytes, meta }) => bytes.writeUInt32LE(7, meta + 128),
    /^The main database has 3 entries and says 7\.$/,
  ],
  [
    'a page of a later transaction',
    ({ bytes, main }) => bytes.writeUInt32LE(1_000_000, main + 8),
    /^The main database has page \d+ of the later transaction 1000000\.$/,
  ],
  [
    'bounds that cross',
    ({ bytes, main }) => bytes.writeUInt16LE(bytes.readUInt16LE(main + 22) + 2, main + 20),
    /^The main database has the bounds/,
  ],
  [
    'an odd offset',
    ({ bytes, main }) => bytes.writeUInt16LE(bytes.readUInt16LE(main + HEADER) + 1, main + HEADER),
    /^The main database has a node at \d+ in page/,
  ],
  [
    'the same node twice',
    ({ bytes, main }) => bytes.copy(bytes, main + HEADER, main + HEADER + 2, main + HEADER + 4),
    /^The main database has a node twice in page/,
  ],
  [
    'keys in the other order',
    ({ bytes, main }) => {
      const first = bytes.readUInt16LE(main + HEADER);
      bytes.copy(bytes, main + HEADER, main + HEADER + 2, main + HEADER + 4);
      bytes.writeUInt16LE(first, main + HEADER + 2);
    },
    /^The main database has keys out of order in page/,
  ],
  [
    'a key behind the end of its page',
    ({ bytes, main }) => bytes.writeUInt16LE(1900, nodeOf(bytes, main, 0) + 6),
    /^The main database has a (key|value) of \d+ bytes in page/,
  ],
  [
    'the record of a database that is too short',
    ({ bytes, main }) => bytes.writeUInt16LE(46, nodeOf(bytes, main, 0)),
    /^(A database has a record of 46 bytes|The main database has nodes that overlap in page \d+)\.$/,
  ],
  [
    'a node with a flag of duplicates',
    ({ bytes, main }) => bytes.writeUInt16LE(6, nodeOf(bytes, main, 0) + 4),
    /^The main database has a node with the flags 6 in page/,
  ],
  [
    'two databases with one root',
    ({ bytes, main }) => {
      // Empty ones, and that of the values, are last in the order of their names.
      const from = dataOf(bytes, nodeOf(bytes, main, 2));
      bytes.copy(bytes, dataOf(bytes, nodeOf(bytes, main, 1)), from, from + 48);
    },
    /^Page \d+ is used twice, or free and used\.$/,
  ],
  [
    'a list of free pages that is longer than its entry',
    ({ bytes, free }) => bytes.writeUInt32LE(600, dataOf(bytes, nodeOf(bytes, free, 0))),
    /^A list of 600 free pages has room for \d+\.$/,
  ],
  [
    'a free page that is used',
    ({ bytes, free, main }) => {
      const list = dataOf(bytes, nodeOf(bytes, free, 0));
      bytes.writeUInt32LE(1, list);
      bytes.writeBigInt64LE(BigInt(main / PAGE), list + 8);
    },
    /^Page \d+ is used twice, or free and used\.$/,
  ],
  [
    'a list that ends with the length of a run',
    ({ bytes, free }) => {
      const list = dataOf(bytes, nodeOf(bytes, free, 0));
      bytes.writeUInt32LE(1, list);
      bytes.writeBigInt64LE(-2n, list + 8);
    },
    /^A list of free pages ends with the length of a run\.$/,
  ],
];

describe('a damaged file', () => {
  it.each(DAMAGES)('is refused with %s', async (_what, damage, reason) => {
    await withTempFolder(async (folder) => {
      const layout = await makeLayout(folder);
      expect(await checkBytes(layout.bytes)).toMatchObject({ ok: true, entries: 50 });
      damage(layout);
      expect(await checkBytes(layout.bytes)).toEqual({
        ok: false,
        kind: 'damaged',
        reason: expect.stringMatching(reason),
      });
    });
  });
});

interface Trial {
  seed: number;
  outcome?: string;
  after?: PageCheck;
}

/** Damages so many copies, from a seed on; what each came to, as far as the process lived. */
async function runTrials(folder: string, pageSize: number, seed: number, count: number) {
  const good = join(folder, 'good.mdb');
  await makePages(good, pageSize, seed);
  expect(check(good)).toMatchObject({ ok: true });
  const options = [checkUrl, folder, good, pageSize, seed, count].map(String);
  const { stdout, stderr, ...end } = await runNode([helper('page-trials.mjs'), ...options]);
  const trials = stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Trial);
  return { trials, stderr, end, last: trials.at(-1) };
}

describe.each(PAGE_SIZES)('damaged copies with pages of %i bytes', (pageSize) => {
  it.each([1000, 2001])('do not kill lmdb where they pass, from seed %i on', async (seed) => {
    const count = 100;
    await withTempFolder(async (folder) => {
      const { trials, stderr, end, last } = await runTrials(folder, pageSize, seed, count);
      expect(end, `seed ${last?.seed} ended it: ${stderr}`).toEqual({ code: 0, signal: null });
      const results = trials.filter(({ outcome }) => outcome !== undefined);
      const sound = results.filter(({ outcome }) => outcome === 'sound');
      const damaged = results.filter(({ outcome }) => outcome === 'damaged');
      expect(results).toHaveLength(count);
      expect(results.filter(({ outcome }) => outcome === 'error')).toEqual([]);
      // What lmdb then makes of a file that passes does so too.
      expect(sound.filter(({ after }) => after?.ok !== true)).toEqual([]);
      expect(sound.length).toBeGreaterThan(count / 10);
      expect(damaged.length).toBeGreaterThan(count / 10);
    });
  });
});
