import { EbbcacheError } from '../errors.js';

/** Of a path in a message; that of a value which refers to itself is long. */
const SHOWN_CHARACTERS = 120;

/** A value that cannot be stored; nothing was changed. */
export class EncodeError extends EbbcacheError {
  /** Where in the value, e.g. 'exif.tags[3]'; empty for the value itself. */
  readonly path: string;
  /** The rest of the message. */
  readonly reason: string;

  constructor(path: string, reason: string, options?: ErrorOptions) {
    const shown = path.length > SHOWN_CHARACTERS ? `${path.slice(0, SHOWN_CHARACTERS)}...` : path;
    const where = path === '' ? 'The value' : `The value at '${shown}'`;
    super('ERR_EBBCACHE_VALUE', `${where} ${reason}`, options);
    this.path = path;
    this.reason = reason;
  }
}
