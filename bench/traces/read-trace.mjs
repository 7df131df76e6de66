// Traces of requests, `key size` a line, plain or gzip: sizes are the value's bytes.

import { createReadStream } from 'node:fs';
import { basename } from 'node:path';
import { createInterface } from 'node:readline';
import { createGunzip } from 'node:zlib';

/** Reads the trace of a file. */
export async function readTrace(path) {
  const file = createReadStream(path);
  const input = path.endsWith('.gz') ? file.pipe(createGunzip()) : file;
  file.on('error', (error) => input.destroy(error));
  return traceOf(
    basename(path).replace(/(\.txt)?(\.gz)?$/, ''),
    createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY }),
  );
}

/**
 * The trace of its lines:
 * - `requests`, each the number of its key, in order of first appearance;
 * - `sizes`, the value's bytes by request;
 * - `keys`, the text to store under by number: all of one length, so that the bytes of keys can be
 *   told from those of values;
 * - `workingSetBytes`, the sum of each key's first size.
 */
export async function traceOf(name, lines) {
  const numbers = new Map();
  const requests = [];
  const sizes = [];
  let workingSetBytes = 0;
  for await (const line of lines) {
    if (line === '') continue;
    const [key, text] = line.split(' ');
    const size = Number(text);
    if (!Number.isSafeInteger(size) || size < 0) {
      throw new Error(`Line ${requests.length + 1} of ${name} is not 'key size': ${line}`);
    }
    let number = numbers.get(key);
    if (number === undefined) {
      number = numbers.size;
      numbers.set(key, number);
      workingSetBytes += size;
    }
    requests.push(number);
    sizes.push(size);
  }
  const keyBytes = Math.max(1, Math.ceil(Math.log(numbers.size) / Math.log(64)));
  return {
    name,
    requests: Uint32Array.from(requests),
    sizes: Uint32Array.from(sizes),
    keys: Array.from({ length: numbers.size }, (_, number) => shortKey(number, keyBytes)),
    keyBytes,
    largest: sizes.reduce((most, size) => Math.max(most, size), 0),
    workingSetBytes,
  };
}

/** Encodes six bits per character, '0' to 'o'. */
function shortKey(number, length) {
  const digits = Array.from({ length }, (_, i) => 48 + (Math.floor(number / 64 ** i) % 64));
  return String.fromCharCode(...digits);
}
