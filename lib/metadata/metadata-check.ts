import {
  isAnyArrayBuffer,
  isBoxedPrimitive,
  isDate,
  isMap,
  isNativeError,
  isPromise,
  isRegExp,
  isSet,
} from 'node:util/types';
import { show } from '../checks/arguments.js';
import { argumentTypeError } from '../errors/errors.js';
import type { Metadata } from '../tiers/metadata.js';

/** Checks for objects, of any realm, that do not hold names and values of their own. */
const NO_RECORDS = [
  isAnyArrayBuffer,
  isBoxedPrimitive,
  isDate,
  isMap,
  isNativeError,
  isPromise,
  isRegExp,
  isSet,
];

/** Throws a TypeError for what is not a record of names and values. */
export function checkMetadata(metadata: unknown): asserts metadata is Metadata {
  if (!isRecord(metadata)) {
    throw argumentTypeError(
      `Metadata must be an object of names and values; it is ${show(metadata)}.`,
    );
  }
}

function isRecord(metadata: unknown): boolean {
  if (typeof metadata !== 'object' || metadata === null) return false;
  if (Array.isArray(metadata) || ArrayBuffer.isView(metadata)) return false;
  if (Object.getPrototypeOf(metadata) === Object.prototype) return true;
  return !(metadata instanceof Error) && !NO_RECORDS.some((is) => is(metadata));
}
