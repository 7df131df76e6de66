import { EbbcacheError } from '../errors.js';

/** A value that cannot be stored; nothing was changed. */
export class EncodeError extends EbbcacheError {
  /** Where in the value, e.g. 'exif.tags[3]'; empty for the value itself. */
  readonly path: string;

  constructor(path: string, reason: string, options?: ErrorOptions) {
    const where = path === '' ? 'The value' : `The value at '${path}'`;
    super('ERR_EBBCACHE_VALUE', `${where} ${reason}`, options);
    this.path = path;
  }
}
