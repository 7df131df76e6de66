// What may happen to the files of a disk tier while it is in use, by name: each takes the folder and
// random numbers. `fatal` ones write into a file that is mapped, against which nothing can be done.

import {
  closeSync,
  copyFileSync,
  fstatSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';

const dataOf = (folder) => join(folder, 'data.mdb');

function truncate(sizeOf) {
  return (folder, random) => {
    const path = dataOf(folder);
    truncateSync(path, sizeOf(statSync(path).size, random));
  };
}

/** Puts another file in the place of this one, at one stroke. */
function renameOver(name, bytesOf) {
  return (folder) => {
    const path = join(folder, name);
    writeFileSync(`${path}.new`, bytesOf(path));
    renameSync(`${path}.new`, path);
  };
}

function remove(name) {
  return (folder) => rmSync(join(folder, name), { recursive: true });
}

export const liveDamages = {
  none: () => {},
  'cut off anywhere': truncate((size, random) => random(size)),
  'cut off at 0': truncate(() => 0),
  'cut off by a page': truncate((size) => size - 4096),
  'data.mdb removed': remove('data.mdb'),
  'lock.mdb removed': remove('lock.mdb'),
  'use.lock removed': remove('use.lock'),
  'clean.json written': (folder) => writeFileSync(join(folder, 'clean.json'), 'x'),
  'folder removed': remove('.'),
  'folder moved away': (folder) => renameSync(folder, `${folder}-moved-${Date.now()}`),
  'data.mdb replaced by its copy': renameOver('data.mdb', (path) => readFileSync(path)),
  'data.mdb replaced by text': renameOver('data.mdb', () => 'text '.repeat(9999)),
  'data.mdb replaced by zeros': renameOver('data.mdb', (path) => Buffer.alloc(statSync(path).size)),
  'lock.mdb replaced': renameOver('lock.mdb', (path) => readFileSync(path)),
  'use.lock replaced': renameOver('use.lock', () => ''),
  'all files replaced by their copies': (folder) => {
    for (const name of ['data.mdb', 'lock.mdb', 'use.lock']) {
      copyFileSync(join(folder, name), join(folder, 'copy'));
      renameSync(join(folder, 'copy'), join(folder, name));
    }
  },
};

/** Writes `count` random bytes, or zeros everywhere, into the file in place. */
export function overwrite(folder, random, count) {
  const fd = openSync(dataOf(folder), 'r+');
  const { size } = fstatSync(fd);
  if (count === undefined) writeSync(fd, Buffer.alloc(size), 0, size, 0);
  else for (let i = 0; i < count; i++) writeSync(fd, Buffer.of(random(256)), 0, 1, random(size));
  closeSync(fd);
}
