import { show } from '../arguments.js';
import { argumentTypeError } from '../errors.js';
import type { Metadata } from '../tiers/metadata.js';

/** Objects that hold no names and values of their own. */
const NO_RECORDS = [ArrayBuffer, Date, Error, Map, Promise, RegExp, Set];

/** Throws a TypeError for what is no record of names and values. */
export function checkMetadata(metadata: unknown): asserts metadata is Metadata {
  const isRecord =
    typeof metadata === 'object' &&
    metadata !== null &&
    !Array.isArray(metadata) &&
    !ArrayBuffer.isView(metadata) &&
    !NO_RECORDS.some((each) => metadata instanceof each);
  if (!isRecord) {
    throw argumentTypeError(
      `Metadata must be an object of names and values; it is ${show(metadata)}.`,
    );
  }
}
