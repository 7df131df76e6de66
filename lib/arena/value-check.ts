import { argumentTypeError } from '../errors/errors.js';

/** Throws a TypeError for undefined; any other value that cannot be stored is found when it is encoded. */
export function checkValue(value: unknown): void {
  if (value !== undefined) return;
  throw argumentTypeError(
    'undefined cannot be a value: it is what get returns for a miss. Use null, or delete the key.',
  );
}
