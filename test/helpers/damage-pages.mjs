// Damages the bytes of an LMDB file in a way that follows from a seed.

import { seededRandom } from './seeded-random.mjs';

const HEADER = 24;
const BRANCH = 1;
const LEAF = 2;
const OVERFLOW = 4;

/** Where the numbers of a meta page lie, and how many bytes they have. */
const META_FIELDS = [
  [0, 8],
  [18, 2],
  [24, 4],
  [28, 4],
  [40, 8],
  [48, 4],
  [52, 2],
  [54, 2],
  [56, 8],
  [64, 8],
  [72, 8],
  [80, 8],
  [88, 8],
  [96, 4],
  [100, 2],
  [102, 2],
  [104, 8],
  [112, 8],
  [120, 8],
  [128, 8],
  [136, 8],
  [144, 8],
  [152, 8],
];

/** The damaged bytes; the same for the same seed. */
export function damage(original, pageSize, seed) {
  const random = seededRandom(seed);
  const file = {
    bytes: Buffer.from(original),
    pageSize,
    pages: Math.floor(original.length / pageSize),
  };
  const times = 1 + random(3);
  for (let i = 0; i < times; i++) DAMAGES[random(DAMAGES.length)](file, random);
  return file.bytes;
}

/** Mostly those that look right at first: many random bytes are found in the first page. */
const DAMAGES = [
  randomBytes,
  bitFlip,
  structureBytes,
  structureBytes,
  changeField,
  changeField,
  changeField,
  changeField,
  changeMeta,
  changeFreeList,
  changeFreeList,
  shuffleFreeList,
  truncate,
  zero,
  swapPages,
  copyPage,
  swapMetas,
];

function randomBytes({ bytes }, random) {
  const most = [1, 10, 100, 3000, 30_000][random(5)];
  const count = 1 + random(most);
  if (bytes.length === 0) return;
  for (let i = 0; i < count; i++) bytes[random(bytes.length)] = random(256);
}

function bitFlip({ bytes }, random) {
  if (bytes.length > 0) bytes[random(bytes.length)] ^= 1 << random(8);
}

/** A page that has a header of these flags; undefined where none was found. */
function findPage({ bytes, pageSize }, random, flags) {
  const pages = Math.floor(bytes.length / pageSize);
  for (let tries = 0; tries < 50 && pages > 0; tries++) {
    const page = random(pages);
    const at = page * pageSize;
    if (bytes.readUInt32LE(at) === page && flags.includes(bytes.readUInt16LE(at + 18))) return at;
  }
  return undefined;
}

/** Bytes of headers and offsets. */
function structureBytes(file, random) {
  const count = 1 + random(8);
  for (let i = 0; i < count; i++) {
    const at = findPage(file, random, [BRANCH, LEAF, OVERFLOW]);
    if (at !== undefined) file.bytes[at + random(80)] = random(256);
  }
}

/** A number that is another by one, a bit, or all of them. */
function spoil(bytes, at, size, random) {
  if (at + size > bytes.length) return;
  const old = bytes.readUIntLE(at, Math.min(size, 6));
  switch (random(7)) {
    case 0:
      bytes.fill(0, at, at + size);
      break;
    case 1:
      bytes.fill(0xff, at, at + size);
      break;
    case 2:
      bytes[at + size - 1] ^= 1 << random(8);
      break;
    case 3:
      bytes[at + random(size)] ^= 1 << random(8);
      break;
    case 4:
      if (old > 0) bytes.writeUIntLE(old - 1, at, Math.min(size, 6));
      break;
    case 5:
      if (old < 255) bytes.writeUIntLE(old + 1, at, Math.min(size, 6));
      break;
    default:
      bytes[at] += random(16) - 8;
  }
}

/** A field of a header, an offset, or a field of a node. */
function changeField(file, random) {
  const { bytes, pageSize } = file;
  const at = findPage(file, random, [[BRANCH], [LEAF], [BRANCH, LEAF, OVERFLOW]][random(3)]);
  if (at === undefined) return;
  const nodes = Math.min(bytes.readUInt16LE(at + 20), pageSize - HEADER) >> 1;
  if (random(3) === 0 || nodes === 0 || bytes.readUInt16LE(at + 18) === OVERFLOW) {
    const [field, size] = [
      [0, 8],
      [8, 8],
      [16, 2],
      [18, 2],
      [20, 2],
      [22, 2],
      [20, 4],
    ][random(7)];
    spoil(bytes, at + field, size, random);
    return;
  }
  const offset = at + HEADER + 2 * random(nodes);
  if (random(5) === 0) {
    spoil(bytes, offset, 2, random);
    return;
  }
  const node = at + HEADER + bytes.readUInt16LE(offset);
  if (node + 8 > bytes.length) return;
  const data = node + 8 + bytes.readUInt16LE(node + 6);
  const [field, size] = [
    [node, 4],
    [node, 2],
    [node + 2, 2],
    [node + 4, 2],
    [node + 6, 2],
    [node + 8, 8],
    [data, 8],
    [data + 8, 8],
    [data + 16, 8],
    [data + 40, 8],
  ][random(10)];
  spoil(bytes, field, size, random);
}

function changeMeta({ bytes, pageSize }, random) {
  const at = random(2) * pageSize;
  const [field, size] = META_FIELDS[random(META_FIELDS.length)];
  spoil(bytes, at + field, size, random);
}

/** Where a list of free pages lies, and how many numbers it has; undefined where none was found. */
function findFreeList({ bytes, pageSize }, random) {
  if (bytes.length < 2 * pageSize) return undefined;
  const newer = bytes.readUInt32LE(pageSize + 152) > bytes.readUInt32LE(152) ? pageSize : 0;
  let page = bytes.readUInt32LE(newer + 88) * pageSize;
  for (let depth = 0; depth < 4 && page + pageSize <= bytes.length; depth++) {
    const nodes = bytes.readUInt16LE(page + 20) >> 1;
    if (nodes === 0 || nodes > pageSize / 8) return undefined;
    const node = page + HEADER + bytes.readUInt16LE(page + HEADER + 2 * random(nodes));
    if (node + 16 > page + pageSize) return undefined;
    if (bytes.readUInt16LE(page + 18) === LEAF) return readList(bytes, node, pageSize);
    page = bytes.readUInt32LE(node) * pageSize;
  }
  return undefined;
}

function readList(bytes, node, pageSize) {
  let at = node + 8 + bytes.readUInt16LE(node + 6);
  if (at + 8 > bytes.length) return undefined;
  const isBig = (bytes.readUInt16LE(node + 4) & 1) !== 0;
  if (isBig) at = bytes.readUInt32LE(at) * pageSize + HEADER;
  const ids = Math.floor(bytes.readUInt32LE(node) / 8);
  return ids === 0 || at + ids * 8 > bytes.length ? undefined : { at, ids };
}

/** A number of a list of free pages. */
function changeFreeList(file, random) {
  const list = findFreeList(file, random);
  if (list === undefined) return;
  const id = list.at + 8 * random(random(2) === 0 ? Math.min(3, list.ids) : list.ids);
  if (random(3) === 0) file.bytes.writeBigInt64LE(BigInt(random(400) - 100), id);
  else spoil(file.bytes, id, 8, random);
}

/** The same pages in another order, which LMDB does not need: it sorts them. */
function shuffleFreeList(file, random) {
  const { bytes } = file;
  const list = findFreeList(file, random);
  if (list === undefined) return;
  const count = Math.min(bytes.readUInt32LE(list.at), list.ids - 1);
  const parts = [];
  for (let i = 1; i <= count; i++) {
    const id = bytes.readBigInt64LE(list.at + i * 8);
    if (id < 0n && i < count) parts.push([id, bytes.readBigInt64LE(list.at + ++i * 8)]);
    else parts.push([id]);
  }
  for (let i = parts.length - 1; i > 0; i--) {
    const other = random(i + 1);
    [parts[i], parts[other]] = [parts[other], parts[i]];
  }
  let at = list.at + 8;
  for (const id of parts.flat()) at = bytes.writeBigInt64LE(id, at);
}

function truncate(file, random) {
  const { bytes, pageSize, pages } = file;
  const end = random(2) === 0 ? random(bytes.length + 1) : random(pages + 1) * pageSize;
  file.bytes = bytes.subarray(0, end);
}

function zero({ bytes, pageSize, pages }, random) {
  const start = random(2) === 0 ? random(bytes.length + 1) : random(pages) * pageSize;
  bytes.fill(0, start, Math.min(start + 1 + random(4 * pageSize), bytes.length));
}

function swapPages(file, random) {
  const { bytes, pageSize } = file;
  const one = findPage(file, random, [BRANCH, LEAF, OVERFLOW]);
  const other = findPage(file, random, [BRANCH, LEAF, OVERFLOW]);
  if (one === undefined || other === undefined) return;
  const kept = Buffer.from(bytes.subarray(one, one + pageSize));
  bytes.copy(bytes, one, other, other + pageSize);
  kept.copy(bytes, other);
  if (random(2) === 0) {
    bytes.writeUInt32LE(one / pageSize, one);
    bytes.writeUInt32LE(other / pageSize, other);
  }
}

/** One page over another, with the other's number. */
function copyPage(file, random) {
  const { bytes, pageSize } = file;
  const flags = [[LEAF], [BRANCH], [OVERFLOW]][random(3)];
  const from = findPage(file, random, flags);
  const to = findPage(file, random, flags);
  if (from === undefined || to === undefined) return;
  bytes.copy(bytes, to, from, from + pageSize);
  if (random(4) > 0) bytes.writeUInt32LE(to / pageSize, to);
}

function swapMetas({ bytes, pageSize }, random) {
  if (bytes.length < 2 * pageSize) return;
  const first = Buffer.from(bytes.subarray(0, pageSize));
  const second = Buffer.from(bytes.subarray(pageSize, 2 * pageSize));
  second.copy(bytes, 0);
  if (random(2) === 0) first.copy(bytes, pageSize);
  if (random(2) === 0) {
    bytes.writeUInt32LE(0, 0);
    bytes.writeUInt32LE(1, pageSize);
  }
}
