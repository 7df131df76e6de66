// What the bench of the tiers stores, as texts, and the files that it is said to be of.

import { spawnSync } from 'node:child_process';
import { createReadStream, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { metadataRecords, tinyRecord } from '../records.mjs';

const FILES_IN_A_FOLDER = 1000;
const EXPANDED = 20_000;

export const keyOf = (files, i) =>
  join(files, `${Math.floor(i / FILES_IN_A_FOLDER)}`, `photograph-${i}.jpg`);

/** A look at the state of a file takes a file. */
export function makeFiles(files, count) {
  for (let i = 0; i < count; i++) {
    if (i % FILES_IN_A_FOLDER === 0) mkdirSync(join(keyOf(files, i), '..'), { recursive: true });
    writeFileSync(keyOf(files, i), '.');
  }
}

/** Writes records to a file, one a line, to be repeated as needed; returns what they are. */
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

/** So many texts of the file, from the first on, again and again. */
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
