// Damages a file of a disk tier, by the name of the damage: each takes the path and random numbers, and returns
// what is lost: the bytes at some places, the bytes from a place on, or all.

import {
  closeSync,
  fstatSync,
  mkdirSync,
  openSync,
  readSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs';

const ALL = { isAll: true };
const NONE = {};

/** Writes into the file while it is used. */
function inPlace(write) {
  return (path, random) => {
    const file = openSync(path, 'r+');
    const { size } = fstatSync(file);
    const result = write(file, size, random);
    closeSync(file);
    return result;
  };
}

function flip(count) {
  return inPlace((file, size, random) => {
    const places = Array.from({ length: size > 0 ? count : 0 }, () => random(size));
    for (const place of places) {
      const byte = Buffer.alloc(1);
      readSync(file, byte, 0, 1, place);
      // The new byte differs from the old one.
      byte[0] += 1 + random(255);
      writeSync(file, byte, 0, 1, place);
    }
    return { places };
  });
}

const zeroHalf = (second) =>
  inPlace((file, size) => {
    const half = Math.floor(size / 2);
    zero(file, half, second ? size - half : 0);
    return second ? { from: size - half } : ALL;
  });

function zero(file, length, at) {
  writeSync(file, Buffer.alloc(length), 0, length, at);
}

function cut(sizeOf, isAll = true) {
  return (path) => {
    const from = sizeOf(statSync(path).size);
    truncateSync(path, from);
    return isAll ? ALL : { from };
  };
}

/** Replaces the file by a rename, which is atomic. */
function replaceBy(bytesOf) {
  return (path, random) => {
    writeFileSync(`${path}.new`, bytesOf(random, statSync(path).size));
    renameSync(`${path}.new`, path);
    return ALL;
  };
}

export const damages = {
  none: () => NONE,
  '1 byte': flip(1),
  '100 bytes': flip(100),
  '3,000 bytes': flip(3000),
  '20,000 bytes': flip(20_000),
  'first half zeroed': zeroHalf(false),
  'second half zeroed': zeroHalf(true),
  'header zeroed': inPlace((file) => {
    zero(file, 4096, 0);
    return ALL;
  }),
  'cut to half': cut((size) => Math.floor(size / 2), false),
  'cut to a header': cut((size) => Math.min(size, 4096)),
  'cut to 0': cut(() => 0),
  longer(path) {
    truncateSync(path, statSync(path).size + 1_000_000);
    return NONE;
  },
  unlinked(path) {
    rmSync(path);
    return ALL;
  },
  'replaced by text': replaceBy(() => 'text '.repeat(9999)),
  'replaced by nothing': replaceBy(() => ''),
  'replaced by zeros': replaceBy((_, size) => Buffer.alloc(size)),
  'replaced by garbage': replaceBy((random) =>
    Buffer.from(Array.from({ length: 20_000 }, () => random(256))),
  ),
  'replaced by a folder': (path) => {
    rmSync(path);
    mkdirSync(path);
    return ALL;
  },
};
