// The classes of this package's errors by name, to restore errors that were plain data: in another thread, or
// in the memory tier.

import { EncodeError } from '../codec/encode-error.js';
import { DiskError } from '../errors/disk-error.js';
import { ClosedError, EbbcacheError, SampleError } from '../errors/errors.js';
import { ExtractError } from '../errors/extract-error.js';
import { CircularFetchError } from './circular-fetch-error.js';

interface OwnClass {
  prototype: Error;
  /** The fields of its errors besides name, message, code, stack and cause. */
  fields: readonly string[];
}

const CLASSES = new Map<string, OwnClass>([
  ['EbbcacheError', { prototype: EbbcacheError.prototype, fields: [] }],
  ['ClosedError', { prototype: ClosedError.prototype, fields: [] }],
  ['SampleError', { prototype: SampleError.prototype, fields: [] }],
  ['EncodeError', { prototype: EncodeError.prototype, fields: ['path', 'reason'] }],
  ['ExtractError', { prototype: ExtractError.prototype, fields: ['file'] }],
  ['CircularFetchError', { prototype: CircularFetchError.prototype, fields: [] }],
  ['DiskError', { prototype: DiskError.prototype, fields: [] }],
]);

const NAMES = new Map<object, string>([...CLASSES].map(([name, own]) => [own.prototype, name]));

/** The fields that Node adds to the errors of system calls. */
const SYSTEM_FIELDS = ['errno', 'syscall', 'path', 'dest'];

/**
 * The name of the error's class if it belongs to this package, or of the nearest such class that it extends.
 */
export function ownClassOf(error: Error): string | undefined {
  let prototype: unknown = Object.getPrototypeOf(error);
  while (typeof prototype === 'object' && prototype !== null) {
    const name = NAMES.get(prototype);
    if (name !== undefined) return name;
    prototype = Object.getPrototypeOf(prototype);
  }
  return undefined;
}

/** The strings and numbers that are fields of its class, or without a class those of a system call. */
export function fieldsOf(error: Error, ownClass: string | undefined): Record<string, unknown> {
  const fields: Record<string, unknown> = {};
  for (const name of fieldNames(ownClass)) {
    const value: unknown = Reflect.get(error, name);
    if (typeof value === 'string' || typeof value === 'number') fields[name] = value;
  }
  return fields;
}

/** An error of the class, without a call of its constructor; undefined where there is no such class. */
export function reviveOwn(ownClass: string, name: string, message: string, cause: unknown) {
  const own = CLASSES.get(ownClass);
  if (own === undefined) return undefined;
  const error = new Error(message, cause === undefined ? undefined : { cause });
  Object.setPrototypeOf(error, own.prototype);
  error.name = name;
  return error;
}

export function restoreFields(
  error: Error,
  ownClass: string | undefined,
  fields: Record<string, unknown>,
): void {
  for (const name of fieldNames(ownClass)) {
    if (Object.hasOwn(fields, name)) Object.assign(error, { [name]: fields[name] });
  }
}

function fieldNames(ownClass: string | undefined): readonly string[] {
  return (ownClass !== undefined && CLASSES.get(ownClass)?.fields) || SYSTEM_FIELDS;
}
