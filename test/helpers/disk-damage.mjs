// What may happen to a file of a disk tier, by name: each takes the path and random numbers.

import {
  closeSync,
  fstatSync,
  mkdirSync,
  openSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs';

/** Writes into the file, as it is used. */
function inPlace(write) {
  return (path, random) => {
    const file = openSync(path, 'r+');
    const { size } = fstatSync(file);
    write(file, size, random);
    closeSync(file);
  };
}

function flip(count) {
  return inPlace((file, size, random) => {
    for (let i = 0; i < count && size > 0; i++) {
      writeSync(file, Buffer.of(random(256)), 0, 1, random(size));
    }
  });
}

const zeroHalf = (second) =>
  inPlace((file, size) => {
    const half = Math.floor(size / 2);
    writeSync(file, Buffer.alloc(half), 0, half, second ? size - half : 0);
  });

/** In its place, at one stroke. */
function replaceBy(bytesOf) {
  return (path, random) => {
    writeFileSync(`${path}.new`, bytesOf(random, statSync(path).size));
    renameSync(`${path}.new`, path);
  };
}

export const damages = {
  none: () => {},
  '1 byte': flip(1),
  '100 bytes': flip(100),
  '3,000 bytes': flip(3000),
  '20,000 bytes': flip(20_000),
  'first half zeroed': zeroHalf(false),
  'second half zeroed': zeroHalf(true),
  'header zeroed': inPlace((file) => writeSync(file, Buffer.alloc(4096), 0, 4096, 0)),
  'cut to half': (path) => truncateSync(path, statSync(path).size / 2),
  'cut to a header': (path) => truncateSync(path, Math.min(statSync(path).size, 4096)),
  'cut to 0': (path) => truncateSync(path, 0),
  longer: (path) => truncateSync(path, statSync(path).size + 1_000_000),
  unlinked: (path) => rmSync(path),
  'replaced by text': replaceBy(() => 'text '.repeat(9999)),
  'replaced by nothing': replaceBy(() => ''),
  'replaced by zeros': replaceBy((_, size) => Buffer.alloc(size)),
  'replaced by garbage': replaceBy((random) =>
    Buffer.from(Array.from({ length: 20_000 }, () => random(256))),
  ),
  'replaced by a folder': (path) => {
    rmSync(path);
    mkdirSync(path);
  },
};
