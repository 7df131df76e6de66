import { EbbcacheError } from './errors.js';

/**
 * A file whose metadata cannot be extracted: it is missing, unreadable, not a regular file, empty,
 * or malformed. `code` is 'ERR_EBBCACHE_EXTRACT'; `cause` holds the system's error, if there is one.
 */
export class ExtractError extends EbbcacheError {
  /** The path as it was given. */
  readonly file: string;

  constructor(file: string, message: string, options?: ErrorOptions) {
    super('ERR_EBBCACHE_EXTRACT', message, options);
    this.file = file;
  }
}

const systemReasons: Record<string, string> = {
  ENOENT: 'there is no such file',
  ENOTDIR: 'a part of its path is not a folder',
  EACCES: 'permission to read it is missing',
  EPERM: 'permission to read it is missing',
  ELOOP: 'its symbolic links lead in a circle',
  ENAMETOOLONG: 'its name is too long',
  EMFILE: 'too many files are open; lower the concurrency or raise the limit',
  ENFILE: 'too many files are open; lower the concurrency or raise the limit',
  EIO: 'the device reports an input/output error',
};

/** The error of a failed system call on the file. */
export function cannotRead(file: string, cause: unknown): ExtractError {
  const { code, message } = cause as NodeJS.ErrnoException;
  const reason = (code && systemReasons[code]) || message;
  return new ExtractError(file, `"${file}" cannot be read: ${reason}.`, { cause });
}

/** The error of a container reader; the caller adds the file's name. The message is a clause. */
export class MalformedError extends Error {}
