import { EbbcacheError } from '../errors/errors.js';

/** Neither library is installed, so no later attempt can succeed. */
export class NoClientError extends EbbcacheError {
  constructor() {
    super(
      'ERR_EBBCACHE_REMOTE',
      'A Redis tier made from a URL needs a client: install ioredis or redis beside ebbcache.',
    );
  }
}
