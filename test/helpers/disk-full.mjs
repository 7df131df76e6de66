// Puts more than the disk has room for, makes room, and prints the outcome as JSON: node disk-full.mjs
// URL_OF_PACKAGE FOLDER [FILE_TO_REMOVE]

import { rmSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';

const [packageUrl, cacheDir, filler] = process.argv.slice(2);
const { EnhancedMetadataCache } = await import(packageUrl);
const GUARD_MS = 30_000;

const warnings = [];
const infos = [];
const cache = new EnhancedMetadataCache({
  cacheDir,
  maxDiskSizeMb: 20,
  maxMemoryMb: 16,
  maxMemoryEntries: 20,
  validate: 'none',
  logger: {
    debug() {},
    info: (_, message) => infos.push(message),
    warn: (_, message) => warnings.push(message),
    error: (_, message) => warnings.push(message),
  },
});
const unhandled = [];
process.on('unhandledRejection', (error) => unhandled.push(String(error)));

let longestMs = 0;
function timed(call) {
  const began = performance.now();
  const result = call();
  longestMs = Math.max(longestMs, performance.now() - began);
  return result;
}

const latest = new Map();
let refused = 0;
let wrong = 0;
let version = 0;
const textOf = (n) => `${n},`.repeat(600);

function put(path) {
  const n = ++version;
  if (!timed(() => cache.put(path, { n, text: textOf(n) }))) refused++;
  latest.set(path, n);
}

/** Returns whether the record is found; it must be the one that was put last. */
function isFound(path) {
  const metadata = timed(() => cache.get(path));
  if (metadata === undefined) return false;
  if (metadata.n !== latest.get(path) || metadata.text !== textOf(metadata.n)) wrong++;
  return true;
}

async function putMany(count) {
  let isFlushed = true;
  for (let i = 0; i < count; i++) {
    put(`/file/${i % 3000}`);
    isFound(`/file/${(i * 7) % 3000}`);
    if (i % 100 === 0) isFlushed = (await cache.flush()) && isFlushed;
  }
  return (await cache.flush()) && isFlushed;
}

const isFlushed = await putMany(4000);
const found = [...latest.keys()].filter(isFound).length;
const { tierErrors, diskDrops } = cache.getStats();
put('/last');
const isInMemory = isFound('/last');
let isBack;
if (filler !== undefined) {
  rmSync(filler);
  const began = performance.now();
  do {
    await setTimeout(20);
    put('/room');
    isBack = (await cache.flush()) && infos.length === warnings.length;
  } while (!isBack && performance.now() - began < GUARD_MS);
  isFound('/room');
}
cache.shutdown();
const result = { refused, isFlushed, found, wrong, isInMemory, unhandled, tierErrors, diskDrops };
console.log(JSON.stringify({ ...result, isBack, warnings, infos, longestMs }));
