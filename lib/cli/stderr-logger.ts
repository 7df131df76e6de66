import type { Logger } from '../cache/logger.js';

const silent = () => {};
const print = (_: object | string, message?: string) => {
  if (message !== undefined) console.error(`ebbcache: ${message}`);
};

/** Warnings and errors, as lines on stderr. */
export const stderrLogger: Logger = { debug: silent, info: silent, warn: print, error: print };
