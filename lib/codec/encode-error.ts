import { EbbcacheError } from '../errors/errors.js';

/** The number of characters of a path in a message; the path in a value that refers to itself is long. */
const SHOWN_CHARACTERS = 120;

/** A value that cannot be stored; nothing was changed. */
export class EncodeError extends EbbcacheError {
  /** Where in the value the fault is, e.g. 'exif.tags[3]'; empty for the value itself. */
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

  /**
   * The same error for a list of values, in which the value has this index.
   *
   * @internal
   */
  within(index: number): EncodeError {
    const joint = this.path === '' || this.path.startsWith('[') ? '' : '.';
    return new EncodeError(`[${index}]${joint}${this.path}`, this.reason, { cause: this.cause });
  }
}

/** Formats keys and indexes, from the outside in, as JavaScript would write them. */
export function formatPath(steps: readonly (string | number)[]): string {
  let text = '';
  for (const step of steps) {
    if (typeof step === 'number') text += `[${step}]`;
    else text += text === '' ? step : `.${step}`;
  }
  return text;
}
