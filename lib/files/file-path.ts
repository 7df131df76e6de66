import buffer from 'node:buffer';
import { fileURLToPath } from 'node:url';
import { isUint8Array } from 'node:util/types';
import { show } from '../checks/arguments.js';
import { argumentTypeError } from '../errors/errors.js';

/** A path; a Buffer where a name is not UTF-8; or a URL with the scheme file:. */
export type FilePath = string | Buffer | URL;

/** A path as text, or its bytes where they are not UTF-8. */
export type PlainPath = string | Buffer;

/** Throws a TypeError for what is not a path. */
export function toPlainPath(filePath: FilePath): PlainPath {
  if (typeof filePath === 'string') return filePath;
  if (isUint8Array(filePath)) {
    // The bytes are copied, because the caller may change its own.
    const bytes = Buffer.from(filePath);
    return buffer.isUtf8(bytes) ? bytes.toString() : bytes;
  }
  if (filePath instanceof URL) return pathOfUrl(filePath);
  throw argumentTypeError(
    `A file path must be a string, a Buffer, or a URL with the scheme file:; it is ${show(filePath)}.`,
  );
}

/** A copy for a caller that keeps the path, because the original may be changed meanwhile. */
export function ownCopyOf<P extends FilePath>(filePath: P): P {
  if (typeof filePath === 'string') return filePath;
  const copy = filePath instanceof URL ? new URL(filePath) : Buffer.from(filePath);
  return copy as FilePath as P;
}

/** The path as text, for messages and names: U+FFFD stands for what is not UTF-8. */
export function textOf(path: PlainPath): string {
  return typeof path === 'string' ? path : path.toString();
}

function pathOfUrl(url: URL): string {
  try {
    return fileURLToPath(url);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    const error = argumentTypeError(
      `The URL '${url.href.slice(0, 200)}' names no file: ${why}. Give a URL with the scheme file:, or the path.`,
    );
    error.cause = cause;
    throw error;
  }
}
