import { EbbcacheError } from '../errors/errors.js';

/** The longest part of a key that a message names, in characters. */
const MAX_SHOWN = 200;
/** The maximum number of keys on the way that are named. */
const MAX_KEYS = 8;

/** The error of a loader or extractor that waits, directly or through others, for its own result. */
export class CircularFetchError extends EbbcacheError {
  /** `keys` lead from the key in flight to the same key again. */
  constructor(keys: readonly string[]) {
    const names = keys.map(nameOf);
    const shown =
      names.length <= MAX_KEYS ? names : [...names.slice(0, MAX_KEYS - 1), '...', names.at(-1)];
    super(
      'ERR_EBBCACHE_CIRCULAR',
      `The fetch of ${names.at(-1)} was called by what makes its value, which would wait for itself ` +
        `(${shown.join(' -> ')}). Have a loader make what it needs without a fetch of a key that ` +
        'waits for it.',
    );
  }
}

/** The key of a file's record contains its path, a NUL, and its tier. */
function nameOf(key: string): string {
  const [place = '', tier] = key.slice(0, MAX_SHOWN).split('\0');
  return tier === undefined ? `'${place}'` : `'${place}' (tier '${tier}')`;
}
