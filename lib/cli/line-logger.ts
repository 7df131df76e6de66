import type { Logger } from '../metadata/logger.js';

const silent = () => {};

/** Warnings and errors, as lines that `print` gets. */
export function lineLogger(print: (line: string) => void): Logger {
  const log = (_: object | string, message?: string) => {
    if (message !== undefined) print(`ebbcache: ${message}`);
  };
  return { debug: silent, info: silent, warn: log, error: log };
}
