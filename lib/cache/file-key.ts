// What the record of a file is stored under: `place NUL tier`, where the place is its path, or what is in
// it. A path of the file system has no NUL, so the first one ends it, and no two pairs of place and tier
// are the same.

import { createHash } from 'node:crypto';
import { resolve } from 'node:path';
import { argumentRangeError, argumentTypeError } from '../errors.js';

/** The tier of records that none was named for. */
export const DEFAULT_TIER = 'default';

const MAX_TIER_LENGTH = 256;
/** Of UTF-16; in UTF-8, and with a tier, still a key that the store takes. No system has longer paths. */
const MAX_PATH_LENGTH = 16 * 1024;

export function fileKey(filePath: string, tier: string): string {
  return placeKey(filePlace(filePath), tier);
}

/** The place of a file by its path. */
export function filePlace(filePath: string): string {
  if (typeof filePath !== 'string') throw argumentTypeError('A file path must be a string.');
  if (filePath === '') throw argumentRangeError('A file path must not be empty.');
  // The file system sees a lone surrogate as U+FFFD too, so this is the same file.
  const path = resolve(filePath).toWellFormed();
  // Such a path leads nowhere, and must not look like another one with a tier.
  if (path.length > MAX_PATH_LENGTH || path.includes('\0')) return `long:${digestOf(path)}`;
  return path;
}

/** The place of a file by the state of its content. No absolute path begins so. */
export function contentPlace(state: string): string {
  return `content:${Buffer.from(state, 'latin1').toString('hex')}`;
}

export function placeKey(place: string, tier: string): string {
  return `${place}\0${checkTier(tier)}`;
}

function checkTier(tier: string): string {
  if (typeof tier !== 'string') throw argumentTypeError('A tier must be a string.');
  if (tier.length > MAX_TIER_LENGTH || !tier.isWellFormed()) {
    throw argumentRangeError(
      `A tier must be well-formed Unicode of at most ${MAX_TIER_LENGTH} characters.`,
    );
  }
  return tier;
}

function digestOf(path: string): string {
  return createHash('sha256').update(path).digest('hex');
}
