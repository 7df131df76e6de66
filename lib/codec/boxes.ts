// What msgpack has no type for travels in a box: an extension with a list in it. msgpack has one kind
// of map, so a Map is one of them, and so is an object with the own key '__proto__', or with a key that
// is not well-formed. A string that is not is an extension with its UTF-16 units, little-endian.

import { addExtension } from './msgpackr.js';
import { UNITS_TYPE } from './text.js';

// msgpackr itself uses 0, 0x42 and 0x62 to 0x78.
export const SPARSE_TYPE = 0x7a;
export const ERROR_TYPE = 0x7c;
export const MAP_TYPE = 0x7d;
export const OBJECT_TYPE = 0x7e;
// msgpackr's own.
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

/** The length, indexes and members of a box as the array with holes that it was. */
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

/** The entries of a box as the Map that it was. */
export function unboxMap(entries: unknown[]): Map<unknown, unknown> {
  const map = new Map<unknown, unknown>();
  for (let i = 0; i < entries.length; i += 2) map.set(entries[i], entries[i + 1]);
  return map;
}

/** The entries of a box as the object that it was; never sets a prototype. */
export function unboxObject(entries: unknown[]): Record<string, unknown> {
  const object = {};
  for (let i = 0; i < entries.length; i += 2) {
    defineMember(object, String(entries[i]), entries[i + 1]);
  }
  return object;
}

/** A member of its own, whatever the prototype has under the name: to assign could come to that. */
export function defineMember(object: object, key: string, value: unknown): void {
  Object.defineProperty(object, key, {
    __proto__: null,
    value,
    writable: true,
    enumerable: true,
    configurable: true,
  } as PropertyDescriptor);
}

/** The error that it was, without the stack, which would be of here. */
export function unboxError([name, message, cause]: ErrorParts): Error {
  const ErrorClass = ERROR_CLASSES.get(name) ?? Error;
  const error = new ErrorClass(message, cause === undefined ? undefined : { cause });
  if (error.name !== name) {
    Object.defineProperty(error, 'name', { value: name, writable: true, configurable: true });
  }
  error.stack = `${name}: ${message}`;
  return error;
}
