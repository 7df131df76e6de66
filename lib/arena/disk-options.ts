import { resolve } from 'node:path';
import { checkNumber, show } from '../checks/arguments.js';
import { checkNames, optionNames } from '../checks/option-names.js';
import { argumentTypeError } from '../errors/errors.js';
import { native } from '../native/addon.js';
import type { NativeDiskOptions } from '../native/disk.js';

/** A second tier on disk: one file that all processes that name its folder share. */
export interface DiskOptions {
  /**
   * The folder. It is made, for this user only, where it does not exist. A relative path is resolved against
   * the current folder at construction.
   */
  dir: string;
  /**
   * The bound of all files in the folder, bytes: 1 MiB to 64 GiB. The bound of the last cache that opened it
   * applies.
   */
  maxBytes: number;
  /**
   * Whether a hit in memory checks that no other process, nor another cache of this one, replaced or deleted
   * the entry. It costs about a microsecond a hit. Default true.
   */
  coherent?: boolean;
}

const NAMES = optionNames<DiskOptions>('disk', { dir: true, maxBytes: true, coherent: true });

/** Throws a TypeError or RangeError that names the option and its accepted values. */
export function resolveDiskOptions(
  disk: DiskOptions | undefined,
  kind: NativeDiskOptions['kind'],
): NativeDiskOptions | undefined {
  if (disk === undefined) return undefined;
  if (typeof disk !== 'object' || disk === null || Array.isArray(disk)) {
    throw argumentTypeError(`disk must be an object with dir and maxBytes; it is ${show(disk)}.`);
  }
  checkNames(disk, NAMES);
  const { dir, coherent = true } = disk;
  if (typeof dir !== 'string' || dir === '' || dir.includes('\0')) {
    throw argumentTypeError('disk.dir must be the path of a folder.');
  }
  if (typeof coherent !== 'boolean') {
    throw argumentTypeError(`disk.coherent must be true or false; it is ${show(coherent)}.`);
  }
  return {
    dir: resolve(dir),
    maxBytes: checkDiskBytes('disk.maxBytes', disk.maxBytes),
    coherent,
    kind,
  };
}

export function checkDiskBytes(name: string, maxBytes: unknown): number {
  const { minDiskBytes: least, maxDiskBytes: most } = native.limits;
  return Math.floor(checkNumber(name, maxBytes, least, most, 'bytes'));
}
