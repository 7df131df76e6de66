import { createReadStream, fstatSync, open } from 'node:fs';
import { Socket } from 'node:net';
import type { Readable } from 'node:stream';
import { promisify } from 'node:util';

/** A longer path is cut: no system has such paths, so that it ends as an error of its own. */
const MAX_PATH_BYTES = 64 * 1024;
const [NUL, LINE_FEED, CARRIAGE_RETURN] = [0, 0x0a, 0x0d];

/** The separator of paths: line feeds, or with `-0` NULs. */
export type Separator = 'line' | 'nul';

/**
 * Yields the paths in the file, or with '-' in stdin, each as soon as it is read, as bytes, because not every
 * name is UTF-8. Empty paths are left out. Throws the reason when the signal aborts, and an error where the
 * list cannot be read.
 */
export async function* pathList(
  file: string,
  separator: Separator,
  signal: AbortSignal,
): AsyncGenerator<Buffer> {
  let stream: Readable | undefined;
  const end = () => stream?.destroy();
  signal.addEventListener('abort', end, { once: true });
  try {
    stream = await openList(file);
    signal.throwIfAborted();
    yield* splitPaths(stream, separator);
    signal.throwIfAborted();
  } catch (cause) {
    signal.throwIfAborted();
    if ((cause as NodeJS.ErrnoException).errno === undefined) throw cause;
    const { message } = cause as Error;
    throw new Error(`The list of files cannot be read: ${message}.`, { cause });
  } finally {
    signal.removeEventListener('abort', end);
    end();
  }
}

async function openList(file: string): Promise<Readable> {
  if (file === '-') return process.stdin;
  const fd = await promisify(open)(file, 'r');
  // A read of a file cannot be cancelled, and that of a pipe may never end.
  if (fstatSync(fd).isFIFO()) return new Socket({ fd, readable: true, writable: false });
  return createReadStream('', { fd });
}

/** Throws an Error for a NUL in a list of lines. */
export async function* splitPaths(
  chunks: Readable | AsyncIterable<Buffer>,
  separator: Separator,
): AsyncGenerator<Buffer> {
  const byte = separator === 'nul' ? NUL : LINE_FEED;
  let begun: Buffer[] = [];
  let length = 0;
  const take = (part: Buffer) => {
    if (separator === 'line' && part.includes(NUL)) {
      throw new Error(
        'The list of files has NUL bytes in it. If these separate the paths, add -0.',
      );
    }
    const kept = part.subarray(0, Math.max(0, MAX_PATH_BYTES - length));
    if (kept.length > 0) begun.push(kept);
    length += kept.length;
  };
  const finish = () => {
    const path = Buffer.concat(begun);
    begun = [];
    length = 0;
    // A Windows file name has no carriage return; elsewhere it may be part of the name.
    const isCrLf = process.platform === 'win32' && path.at(-1) === CARRIAGE_RETURN;
    return isCrLf && separator === 'line' ? path.subarray(0, -1) : path;
  };
  for await (const chunk of chunks as AsyncIterable<Buffer>) {
    let from = 0;
    for (let to = chunk.indexOf(byte); to >= 0; to = chunk.indexOf(byte, from)) {
      take(chunk.subarray(from, to));
      const path = finish();
      if (path.length > 0) yield path;
      from = to + 1;
    }
    take(chunk.subarray(from));
  }
  const last = finish();
  if (last.length > 0) yield last;
}
