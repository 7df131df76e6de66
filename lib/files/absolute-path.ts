// Finds one absolute path for all spellings of the path of a file. Two paths that lead to different places
// MUST NOT become one: the record of one file would be used for another.
//
// `..` leads out of the folder that a symbolic link points to, so it can be removed together with the name
// before it only where that leads to the same folder. A path that ends like one of a folder ('photo.jpg/',
// 'photo.jpg/.') leads to no file, whatever is at 'photo.jpg'. Such paths stay as they are written: they
// never equal a path in normal form.

import { statSync } from 'node:fs';
import { isAbsolute, resolve } from 'node:path';
import type { PlainPath } from './file-path.js';

// The Windows API itself resolves `..` as text.
const isWindows = process.platform === 'win32';
const SLASH = 0x2f;
const ENDS_AS_FOLDER = isWindows ? /(?:^|[\\/])\.{0,2}$/ : /(?:^|\/)\.{0,2}$/;
const LEADING_DOTS = /^(?:\.{1,2}\/+)+/;
const TO_LAST_PARENT = /^(?:.*\/)?\.\.(?=\/|$)/s;

/**
 * The absolute path of what the system finds at the path. Both are text; `encode` converts a text to the path
 * that the system takes. `isFolder` is for the path of a folder, which may end in a separator.
 */
export function absolutePath(path: string, encode: (text: string) => PlainPath, isFolder = false) {
  if (isInOrder(path)) return path;
  const base = currentFolder(encode);
  // Without a current folder, a relative path leads nowhere; no absolute path begins like this one.
  if (base === undefined && !isAbsolute(path)) return `./${path}`;
  const isOdd = (!isFolder && ENDS_AS_FOLDER.test(path)) || leavesByLink(path, base ?? '/', encode);
  if (!isOdd) return textualPath(path, base ?? '/');
  return isAbsolute(path) ? path : `${base}/${path}`;
}

/** The path resolved as text, without a read of any folder. */
export function textualPath(path: string, base?: string): string {
  return isInOrder(path) ? path : resolve(base ?? process.cwd(), path);
}

/**
 * Whether `resolve` would return the path unchanged, as it does for nearly all paths; this check is much
 * faster.
 */
function isInOrder(path: string): boolean {
  return (
    !isWindows &&
    path.charCodeAt(0) === SLASH &&
    path.charCodeAt(path.length - 1) !== SLASH &&
    !path.includes('//') &&
    !path.includes('/.')
  );
}

/** Whether resolving the `..` of the path as text might lead to a different folder. */
function leavesByLink(path: string, base: string, encode: (text: string) => PlainPath): boolean {
  if (isWindows || !path.includes('..')) return false;
  // The current folder is a real path, so leading `..` need no check.
  const last = TO_LAST_PARENT.exec(path.replace(LEADING_DOTS, ''));
  if (last === null) return false;
  const whole = TO_LAST_PARENT.exec(path)![0];
  const [real, textual] = [idOf(encode(whole)), idOf(encode(resolve(base, whole)))];
  return real === undefined || real !== textual;
}

function idOf(folder: PlainPath): string | undefined {
  try {
    const { dev, ino } = statSync(folder, { bigint: true });
    return `${dev}:${ino}`;
  } catch {
    return undefined;
  }
}

/** The current folder; undefined where it was removed. */
function currentFolder(encode: (text: string) => PlainPath): string | undefined {
  try {
    const folder = process.cwd();
    return typeof encode('') === 'string' ? folder : Buffer.from(folder).toString('latin1');
  } catch {
    return undefined;
  }
}
