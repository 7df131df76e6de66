import { argumentRangeError, argumentTypeError } from '../errors/errors.js';
import { native } from '../native/addon.js';

/** Throws a TypeError or RangeError for a key that the addon would reject too. */
export function checkKey(key: string): void {
  if (typeof key !== 'string') {
    throw argumentTypeError(`A key must be a string; it is ${key === null ? 'null' : typeof key}.`);
  }
  // A UTF-16 unit takes three bytes of UTF-8 at most: only long keys need counting.
  const { maxKeyBytes } = native.limits;
  if (key.length === 0 || (key.length * 3 > maxKeyBytes && Buffer.byteLength(key) > maxKeyBytes)) {
    throw argumentRangeError(
      `A key must have 1 to ${maxKeyBytes} bytes of UTF-8. Shorten it, for example by a hash of it.`,
    );
  }
  // Lone surrogates have no UTF-8: two such keys would be one.
  if (!key.isWellFormed()) {
    throw argumentRangeError('A key must be well-formed Unicode. Use toWellFormed, or encode it.');
  }
}
