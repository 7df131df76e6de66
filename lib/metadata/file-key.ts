// The key of a file's record: `place NUL tier NUL namespace NUL version`, where the place is the file's path,
// or stands for its content. A path of the file system has no NUL, and neither have namespace and version:
// the first NUL and the last two separate the parts, and no two records have the same key.

import { createHash } from 'node:crypto';
import { sep } from 'node:path';
import { argumentRangeError, argumentTypeError } from '../errors/errors.js';
import { absolutePath, textualPath } from '../files/absolute-path.js';
import type { PlainPath } from '../files/file-path.js';
import type { RecordOwner } from './record-owner.js';

/** The tier of records for which no tier was named. */
export const DEFAULT_TIER = 'default';

/** The prefixes of places that are not paths as text; no absolute path begins with one of them. */
const LONG = 'long:';
const BYTES = 'bytes:';
const CONTENT = 'content:';

const MAX_TIER_LENGTH = 256;
/**
 * Code units of UTF-16. In UTF-8, with a tier, the key is within the limit of the store. No system has longer
 * paths.
 */
const MAX_PATH_LENGTH = 16 * 1024;

/** How paths are compared: as the system follows them, or as text. */
export type PathComparison = 'followed' | 'text';

/** The place of a file, by its path. */
export function filePlace(path: PlainPath, comparison: PathComparison): string {
  if (path.length === 0) throw argumentRangeError('A file path must not be empty.');
  return typeof path === 'string' ? textPlace(path, comparison) : bytesPlace(path, comparison);
}

function textPlace(given: string, comparison: PathComparison): string {
  const absolute = comparison === 'text' ? textualPath(given) : absolutePath(given, asText);
  // The file system reads a lone surrogate as U+FFFD too, so this is the same file.
  const path = absolute.toWellFormed();
  // Such a path leads nowhere, and MUST NOT be read as another path with a tier.
  if (path.length > MAX_PATH_LENGTH || path.includes('\0')) return `${LONG}${digestOf(path)}`;
  return path;
}

/**
 * The place is in hexadecimal, so that it differs from that of every text. Latin-1 has a character for each
 * byte.
 */
function bytesPlace(given: Buffer, comparison: PathComparison): string {
  const path = given.toString('latin1');
  const base = () => Buffer.from(process.cwd()).toString('latin1');
  const absolute = comparison === 'text' ? textualPath(path, base()) : absolutePath(path, asBytes);
  if (absolute.length > MAX_PATH_LENGTH) return `${LONG}${digestOf(`${BYTES}${absolute}`)}`;
  return `${BYTES}${Buffer.from(absolute, 'latin1').toString('hex')}`;
}

const asText = (text: string) => text;
const asBytes = (text: string) => Buffer.from(text, 'latin1');

/** The prefixes of the places of all files below a folder. */
export function placesBelow(folder: PlainPath, comparison: PathComparison): string[] {
  if (folder.length === 0) throw argumentRangeError('A folder path must not be empty.');
  const isText = typeof folder === 'string';
  const encode = isText ? asText : asBytes;
  const path = isText ? folder : folder.toString('latin1');
  const base = isText ? undefined : Buffer.from(process.cwd()).toString('latin1');
  const absolute =
    comparison === 'text' ? textualPath(path, base) : absolutePath(path, encode, true);
  const below = absolute.endsWith(sep) ? absolute : `${absolute}${sep}`;
  // Names in a folder may be bytes where its own is text.
  const bytes = isText ? Buffer.from(below) : Buffer.from(below, 'latin1');
  const places = [`${BYTES}${bytes.toString('hex')}`];
  if (isText) places.push(below.toWellFormed());
  return places;
}

/** The place and owner of a record, as they are in its key. */
export interface StoredAt extends RecordOwner {
  place: string;
  tier: string;
}

/** The parts of a key that placeKey made; undefined for any other key, which a file may hold. */
export function storedAt(key: string): StoredAt | undefined {
  const place = key.indexOf('\0');
  const version = key.lastIndexOf('\0');
  const namespace = version > 0 ? key.lastIndexOf('\0', version - 1) : -1;
  if (place < 0 || namespace <= place) return undefined;
  return {
    place: key.slice(0, place),
    tier: key.slice(place + 1, namespace),
    namespace: key.slice(namespace + 1, version),
    version: key.slice(version + 1),
  };
}

/** The path that a place stands for; undefined for a place that does not contain its path. */
export function pathOfPlace(place: string): PlainPath | undefined {
  if (place.startsWith(CONTENT) || place.startsWith(LONG)) return undefined;
  return place.startsWith(BYTES) ? Buffer.from(place.slice(BYTES.length), 'hex') : place;
}

/** The place of a file by the state of its content. No absolute path begins like it. */
export function contentPlace(state: string): string {
  return `${CONTENT}${Buffer.from(state, 'latin1').toString('hex')}`;
}

/** `suffix` is the suffix of the owner: see ownerSuffix. */
export function placeKey(place: string, tier: string, suffix: string): string {
  return `${place}\0${checkTier(tier)}${suffix}`;
}

/** The suffix of the keys of all records of an owner. */
export function ownerSuffix({ namespace, version }: RecordOwner): string {
  return `\0${namespace}\0${version}`;
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
