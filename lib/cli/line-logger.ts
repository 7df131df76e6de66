import type { Logger } from '../metadata/logger.js';

const silent = () => {};

/** Passes warnings and errors as lines to `print`. */
export function lineLogger(print: (line: string) => void): Logger {
  const log = (_: object | string, message?: string) => {
    if (message !== undefined) print(`ebbcache: ${message}`);
  };
  return { debug: silent, info: silent, warn: log, error: log };
}
