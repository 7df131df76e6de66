import { checkNumber, checkOptions } from '../checks/arguments.js';
import { optionNames } from '../checks/option-names.js';
import { argumentRangeError } from '../errors/errors.js';
import type { TierSizes } from './record-tiers.js';
import { checkEntries, checkMemoryMb } from './resolved-options.js';

const MIB = 1024 * 1024;

/** Sizes of an open cache; a size that is left out stays. */
export interface CacheSizes {
  /** MiB, 1 to 16384. */
  maxMemoryMb?: number;
  /** 1 or more. */
  maxMemoryEntries?: number;
  /** MiB, 1 to 65,536, for a cache that has a disk tier. */
  maxDiskSizeMb?: number;
}

const NAMES = optionNames<CacheSizes>('resize', {
  maxMemoryMb: true,
  maxMemoryEntries: true,
  maxDiskSizeMb: true,
});

/** Throws a TypeError or RangeError that names the size and its range. */
export function checkSizes(sizes: CacheSizes, hasDisk: boolean): TierSizes {
  const { maxMemoryMb, maxMemoryEntries, maxDiskSizeMb } = checkOptions(sizes, NAMES);
  if (maxDiskSizeMb !== undefined && !hasDisk) {
    throw argumentRangeError(
      'maxDiskSizeMb cannot be changed: this cache has no disk tier. Make a cache with one.',
    );
  }
  return {
    maxMemoryBytes: maxMemoryMb === undefined ? undefined : checkMemoryMb(maxMemoryMb),
    maxMemoryEntries: maxMemoryEntries === undefined ? undefined : checkEntries(maxMemoryEntries),
    maxDiskBytes: maxDiskSizeMb === undefined ? undefined : checkDiskMb(maxDiskSizeMb),
  };
}

function checkDiskMb(mb: unknown): number {
  return Math.floor(checkNumber('maxDiskSizeMb', mb, 1, 65_536, 'MiB') * MIB);
}
