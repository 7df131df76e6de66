// Values for which msgpack has no type are stored in a box: an extension that contains a list. msgpack has
// one kind of map, so a Map is in a box, and so is an object with the own key '__proto__', or with a key that
// is not well-formed. A string that is not well-formed is an extension with its UTF-16 units, little-endian.

import { addExtension } from './msgpackr.js';
import { UNITS_TYPE } from './text.js';

// msgpackr itself uses 0, 0x42 and 0x62 to 0x78.
export const SPARSE_TYPE = 0x7a;
export const ERROR_TYPE = 0x7c;
export const MAP_TYPE = 0x7d;
export const OBJECT_TYPE = 0x7e;
// This type is msgpackr's own.
export const REGEXP_TYPE = 0x78;
export const SET_TYPE = 0x73;

const ERROR_CLASSES = new Map<string, new (message: string, options?: ErrorOptions) => Error>(
  [EvalError, RangeError, ReferenceError, SyntaxError, TypeError, URIError].map((each) => [
    each.name,
    each,
  ]),
);

export type ErrorParts = [name: string, message: string, cause: unknown];

addExtension({ type: ERROR_TYPE, read: unboxError });
addExtension({ type: MAP_TYPE, read: unboxMap });
addExtension({ type: OBJECT_TYPE, read: unboxObject });
addExtension({ type: SPARSE_TYPE, read: unboxSparse });
addExtension({ type: UNITS_TYPE, unpack: textOfUnits });

function textOfUnits(units: Uint8Array): string {
  return Buffer.from(units.buffer, units.byteOffset, units.byteLength).toString('utf16le');
}

/** Restores an array with holes from the length, indexes and members of its box. */
export function unboxSparse(parts: unknown[]): unknown[] {
  const array: unknown[] = [];
  for (let i = 1; i < parts.length; i += 2) {
    const index = parts[i];
    if (typeof index !== 'number' || index >>> 0 !== index) throw new Error('This is no index.');
    array[index] = parts[i + 1];
  }
  array.length = Number(parts[0]);
  return array;
}

/** Restores a Map from the entries of its box. */
export function unboxMap(entries: unknown[]): Map<unknown, unknown> {
  const map = new Map<unknown, unknown>();
  for (let i = 0; i < entries.length; i += 2) map.set(entries[i], entries[i + 1]);
  return map;
}

/** Restores an object from the entries of its box; never sets a prototype. */
export function unboxObject(entries: unknown[]): Record<string, unknown> {
  const object = {};
  for (let i = 0; i < entries.length; i += 2) {
    defineMember(object, String(entries[i]), entries[i + 1]);
  }
  return object;
}

/** Defines a member of the object itself, even where an assignment would call a setter of the prototype. */
export function defineMember(object: object, key: string, value: unknown): void {
  Object.defineProperty(object, key, {
    __proto__: null,
    value,
    writable: true,
    enumerable: true,
    configurable: true,
  } as PropertyDescriptor);
}

/** Restores an error without its stack, because the stack would be that of this call. */
export function unboxError([name, message, cause]: ErrorParts): Error {
  const ErrorClass = ERROR_CLASSES.get(name) ?? Error;
  const error = new ErrorClass(message, cause === undefined ? undefined : { cause });
  if (error.name !== name) {
    Object.defineProperty(error, 'name', { value: name, writable: true, configurable: true });
  }
  error.stack = `${name}: ${message}`;
  return error;
}
