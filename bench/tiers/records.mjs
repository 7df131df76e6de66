// The records of the benchmark of the tiers, as texts, and the files to which they belong.

import { spawnSync } from 'node:child_process';
import { createReadStream, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { metadataRecords, tinyRecord } from '../records.mjs';

const FILES_IN_A_FOLDER = 1000;
const EXPANDED = 20_000;

export const keyOf = (files, i) =>
  join(files, `${Math.floor(i / FILES_IN_A_FOLDER)}`, `photograph-${i}.jpg`);

/** Makes the files, because validation reads the state of a file. */
export function makeFiles(files, count) {
  for (let i = 0; i < count; i++) {
    if (i % FILES_IN_A_FOLDER === 0) mkdirSync(join(keyOf(files, i), '..'), { recursive: true });
    writeFileSync(keyOf(files, i), '.');
  }
}

/** Writes records to a file, one per line, to be repeated as needed; returns a description of them. */
export function writeRecords(load, path) {
  if (load === 'small') {
    const lines = Array.from({ length: EXPANDED }, (_, i) => JSON.stringify(tinyRecord(i)));
    writeFileSync(path, `${lines.join('\n')}\n`);
    return 'of some 200 bytes';
  }
  const data = process.env.EBBCACHE_DATA;
  const expand = data && join(data, 'tools', 'gen-synthetic.mjs');
  if (data !== undefined && existsSync(expand)) {
    const corpus = join(data, 'corpus', 'real.ndjson');
    const { status } = spawnSync(process.execPath, [expand, corpus, path, `${EXPANDED}`]);
    if (status !== 0) throw new Error(`${expand} ended with ${status}.`);
    return 'metadata of real images, varied';
  }
  const { records, source } = metadataRecords();
  writeFileSync(path, `${records.map((record) => JSON.stringify(record)).join('\n')}\n`);
  return source;
}

/** Returns `count` texts from the start of the file, which are repeated as needed. */
export async function readTexts(path, count) {
  const texts = [];
  const input = createReadStream(path);
  for await (const line of createInterface({ input })) {
    if (texts.push(line) === count) break;
  }
  input.destroy();
  const read = texts.length;
  for (let i = read; i < count; i++) texts.push(texts[i - read]);
  return texts;
}
