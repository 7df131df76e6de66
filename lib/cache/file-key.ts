// What the record of a file is stored under.

import { createHash } from 'node:crypto';
import { resolve } from 'node:path';
import { argumentRangeError, argumentTypeError } from '../errors.js';

const MAX_TIER_LENGTH = 256;
/** Of UTF-16; in UTF-8 still a key that the store takes. */
const MAX_KEY_LENGTH = 16 * 1024;

/** The length keeps any two pairs of tier and file apart. */
export function fileKey(filePath: string, tier: string): string {
  if (typeof filePath !== 'string') throw argumentTypeError('A file path must be a string.');
  if (filePath === '') throw argumentRangeError('A file path must not be empty.');
  if (typeof tier !== 'string') throw argumentTypeError('A tier must be a string.');
  if (tier.length > MAX_TIER_LENGTH || !tier.isWellFormed()) {
    throw argumentRangeError(
      `A tier must be well-formed Unicode of at most ${MAX_TIER_LENGTH} characters.`,
    );
  }
  // The file system sees a lone surrogate as U+FFFD too, so this is the same file.
  const key = `${tier.length}:${tier}:${resolve(filePath).toWellFormed()}`;
  return key.length <= MAX_KEY_LENGTH ? key : createHash('sha256').update(key).digest('hex');
}
