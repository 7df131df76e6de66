import { checkNumber, checkOptions } from '../checks/arguments.js';
import { optionNames } from '../checks/option-names.js';
import { checkTtl } from './arena-options.js';

/** The options of `set`, `setBytes` and `setMany` of an ArenaCache. */
export interface SetOptions {
  /** Time to live, ms, 1 or more. Default: the cache's own. */
  ttl?: number;
  /** The time that it took to make the value, ms, 0 to Number.MAX_SAFE_INTEGER. Default 0. */
  cost?: number;
}

export interface CheckedSetOptions {
  /** ms; 0 stands for the cache's own. */
  ttl: number;
  cost: number;
}

const NAMES = optionNames<SetOptions>('set', { ttl: true, cost: true });

/** Throws a TypeError or RangeError that names the option and its accepted values. */
export function checkSetOptions(options: SetOptions | undefined): CheckedSetOptions {
  const { ttl, cost = 0 } = checkOptions(options, NAMES);
  checkNumber('cost', cost, 0, Number.MAX_SAFE_INTEGER, 'ms');
  return { ttl: checkTtl(ttl), cost };
}
