import { checkNumber, checkOptions } from '../checks/arguments.js';
import { optionNames } from '../checks/option-names.js';
import { DEFAULT_TIER } from './file-key.js';

const MIN_TTL_SECONDS = 0.001;
const MAX_TTL_SECONDS = 1e9;

/** The options of `put` of a cache of metadata. */
export interface PutOptions {
  /** Which of the file's records to put, such as 'quick' or 'full'. Default 'default'. */
  tier?: string;
  /** The record's time to live, 0.001 to 1e9. Default: the cache's own. */
  ttlSeconds?: number;
  /** The time that the extraction took, 0 to Number.MAX_SAFE_INTEGER. Default 0. */
  extractionTimeMs?: number;
}

export interface CheckedPutOptions {
  tier: string;
  ttlMs: number | undefined;
  cost: number;
}

const NAMES = optionNames<PutOptions>('put', {
  tier: true,
  ttlSeconds: true,
  extractionTimeMs: true,
});

/** Checks the arguments of a put: options, or a tier and a time. The tier itself is not checked. */
export function checkPutOptions(
  given: string | PutOptions | undefined,
  timeMs: number | undefined,
): CheckedPutOptions {
  const isObject = typeof given === 'object' && given !== null;
  const options = isObject
    ? checkOptions<PutOptions>(given, NAMES)
    : { tier: given, extractionTimeMs: timeMs };
  const { tier = DEFAULT_TIER, extractionTimeMs: cost = 0 } = options;
  checkNumber('extractionTimeMs', cost, 0, Number.MAX_SAFE_INTEGER, 'ms');
  return { tier, ttlMs: checkTtlSeconds(isObject ? given.ttlSeconds : undefined), cost };
}

/** The time to live in ms; undefined where `seconds` is undefined. */
export function checkTtlSeconds(seconds: number | undefined): number | undefined {
  if (seconds === undefined) return undefined;
  checkNumber('ttlSeconds', seconds, MIN_TTL_SECONDS, MAX_TTL_SECONDS, 's');
  return Math.ceil(seconds * 1000);
}
