import { EbbcacheError } from './errors.js';

/**
 * The disk tier cannot be used, wholly or in part, or had to be made again; the message says why, and what to
 * do. A cache never throws it: the failure is logged, counted, and a miss.
 */
export class DiskError extends EbbcacheError {
  constructor(message: string, options?: ErrorOptions) {
    super('ERR_EBBCACHE_DISK', message, options);
  }
}
