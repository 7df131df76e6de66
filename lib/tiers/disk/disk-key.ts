// The key of a record on disk: the bytes of the cache's own key, `path NUL tier`. A path has no NUL, so
// the first one ends it, and all tiers of a file lie side by side behind their common prefix.

import { createHash } from 'node:crypto';

/** LMDB's own bound is 1,978 bytes with pages of 4 KiB; shorter keys keep more of them on a page. */
const MAX_PATH_BYTES = 512;

export function diskKey(fileKey: string): Buffer {
  const pathLength = fileKey.indexOf('\0');
  // No key this short has a path that is too long, whatever its characters.
  if (fileKey.length * 3 <= MAX_PATH_BYTES) return Buffer.from(fileKey);
  return Buffer.from(shortPath(fileKey.slice(0, pathLength)) + fileKey.slice(pathLength));
}

/** What the keys of all tiers of a file begin with. */
export function diskKeyPrefix(path: string): Buffer {
  return Buffer.from(`${shortPath(path)}\0`);
}

/** A digest is no absolute path, so it stands for one path alone. */
function shortPath(path: string): string {
  if (Buffer.byteLength(path) <= MAX_PATH_BYTES) return path;
  return createHash('sha256').update(path).digest('hex');
}
