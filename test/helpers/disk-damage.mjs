// What may happen to the files of a disk tier, by name: each takes the folder and random numbers.

import { execFileSync } from 'node:child_process';
import {
  copyFileSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';

const at = (folder, name) => join(folder, name);

function change(folder, alter) {
  const path = at(folder, 'data.mdb');
  const bytes = readFileSync(path);
  writeFileSync(path, alter(bytes) ?? bytes);
}

function flip(count) {
  return (folder, random) =>
    change(folder, (bytes) => {
      for (let i = 0; i < count; i++) bytes[random(bytes.length)] = random(256);
    });
}

function zero(share) {
  return (folder, random) =>
    change(folder, (bytes) => {
      const length = Math.ceil(bytes.length * share);
      const start = random(bytes.length - length + 1);
      bytes.fill(0, start, start + length);
    });
}

function truncate(sizeOf) {
  return (folder, random) => {
    const path = at(folder, 'data.mdb');
    truncateSync(path, sizeOf(statSync(path).size, random));
  };
}

/** Something else in the file's place. */
const OTHERS = {
  folder: (path) => mkdirSync(path),
  'folder with a file': (path) => {
    mkdirSync(path);
    writeFileSync(join(path, 'file'), 'x');
  },
  'dangling symlink': (path) => symlinkSync(join(path, '..', 'nowhere'), path),
  FIFO: (path) => execFileSync('mkfifo', [path]),
  device: (path) => symlinkSync('/dev/zero', path),
  'empty file': (path) => writeFileSync(path, ''),
  garbage: (path, random) =>
    writeFileSync(path, Buffer.from(Array.from({ length: 20_000 }, () => random(256)))),
  text: (path) => writeFileSync(path, '{"size": 12'.repeat(99)),
  'huge file': (path) => {
    writeFileSync(path, 'x');
    truncateSync(path, 3 * 2 ** 30);
  },
};

function replaceBy(name, make) {
  return (folder, random) => {
    rmSync(at(folder, name), { recursive: true, force: true });
    make(at(folder, name), random);
  };
}

/** Another's file, and ours, elsewhere, with a link to it. */
function linkElsewhere(name) {
  return (folder) => {
    const elsewhere = join(folder, '..', `elsewhere-${name}`);
    copyFileSync(at(folder, name), elsewhere);
    rmSync(at(folder, name));
    symlinkSync(elsewhere, at(folder, name));
  };
}

function mix(folder, random, older) {
  change(folder, (bytes) => {
    const pages = Math.floor(Math.min(bytes.length, older.length) / 4096);
    for (let page = 0; page < pages; page++) {
      if (random(2) === 0) older.copy(bytes, page * 4096, page * 4096, (page + 1) * 4096);
    }
  });
}

/**
 * While nobody uses the folder. `older` is what the data file was before it was changed, `foreign` a file
 * that is none of lmdb.
 */
export function damagesAtRest({ older, foreign }) {
  const damages = {
    none: () => {},
    'one byte': flip(1),
    '30 bytes': flip(30),
    '1000 bytes': flip(1000),
    '30000 bytes': flip(30_000),
    'cut off anywhere': truncate((size, random) => random(size)),
    'cut off at a page': truncate((size, random) => random(size / 4096) * 4096),
    'cut off at 0': truncate(() => 0),
    'longer than it was': truncate((size) => size + 1_000_000),
    'zeroed wholly': zero(1),
    'a page zeroed': zero(0.002),
    'half zeroed': zero(0.5),
    'another program’s bytes': (folder) => writeFileSync(at(folder, 'data.mdb'), foreign),
    'what it was before': (folder) => writeFileSync(at(folder, 'data.mdb'), older),
    'half of what it was before': (folder) =>
      change(folder, (bytes) => {
        older.copy(bytes, 0, 0, Math.floor(older.length / 8192) * 4096);
      }),
    'pages of what it was before': (folder, random) => mix(folder, random, older),
    'no data.mdb': (folder) => rmSync(at(folder, 'data.mdb')),
    'no folder': (folder) => rmSync(folder, { recursive: true }),
    'a file in place of the folder': (folder) => {
      rmSync(folder, { recursive: true });
      writeFileSync(folder, 'x');
    },
    'nothing but a locked-out name': (folder) =>
      renameSync(at(folder, 'use.lock'), at(folder, 'x')),
  };
  for (const name of ['data.mdb', 'lock.mdb', 'use.lock', 'clean.json']) {
    damages[`${name} linked elsewhere`] = linkElsewhere(name);
    for (const [other, make] of Object.entries(OTHERS)) {
      damages[`${name}: ${other}`] = replaceBy(name, make);
    }
  }
  return damages;
}
