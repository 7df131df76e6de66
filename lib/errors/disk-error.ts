import { EbbcacheError } from './errors.js';

/**
 * The disk tier is not, or not wholly, in use, or had to start anew; the message says why, and what to
 * do. Never thrown out of a cache: it is logged, counted, and a miss.
 */
export class DiskError extends EbbcacheError {
  constructor(message: string, options?: ErrorOptions) {
    super('ERR_EBBCACHE_DISK', message, options);
  }
}
