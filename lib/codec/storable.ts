// Makes a value fit for msgpack, or says what in it does not fit. msgpack has one kind of map, so a
// Map, an object with an own key that would set its prototype, and an error travel as boxes.

import { EncodeError } from './encode-error.js';

/** Levels of nesting; deeper is taken for a value that refers to itself. */
const MAX_DEPTH = 256;

const ERROR_CLASSES = new Map<string, new (message: string, options?: ErrorOptions) => Error>(
  [EvalError, RangeError, ReferenceError, SyntaxError, TypeError, URIError].map((each) => [
    each.name,
    each,
  ]),
);

/** Stands in for a Map. */
export class MapBox {
  constructor(readonly entries: unknown[]) {}
}

/** Stands in for an object with the own key '__proto__'. */
export class ObjectBox {
  constructor(readonly entries: unknown[]) {}
}

/** Stands in for an error: its name, message and cause. */
export class ErrorBox {
  constructor(readonly parts: [name: string, message: string, cause: unknown]) {}
}

/**
 * The value itself, or where it holds what travels in a box, a copy with boxes in their places.
 * Throws an {@link EncodeError} for functions, symbols, cycles and objects without content of their
 * own.
 */
export function toStorable(value: unknown): unknown {
  const path: (string | number)[] = [];
  const outcome = convert(value, 0, path);
  if (outcome instanceof Refusal) throw new EncodeError(formatPath(path), outcome.reason);
  return outcome;
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
    Object.defineProperty(object, String(entries[i]), {
      value: entries[i + 1],
      writable: true,
      enumerable: true,
      configurable: true,
    });
  }
  return object;
}

/** The error that it was, without the stack, which would be of here. */
export function unboxError([name, message, cause]: ErrorBox['parts']): Error {
  const ErrorClass = ERROR_CLASSES.get(name) ?? Error;
  const error = new ErrorClass(message, cause === undefined ? undefined : { cause });
  if (error.name !== name) {
    Object.defineProperty(error, 'name', { value: name, writable: true, configurable: true });
  }
  error.stack = `${name}: ${message}`;
  return error;
}

/** Returned, not thrown, so that each level can add its key to the path on the way up. */
class Refusal {
  constructor(readonly reason: string) {}
}

type Path = (string | number)[];

function convert(value: unknown, depth: number, path: Path): unknown {
  switch (typeof value) {
    case 'object':
      return value === null ? null : convertObject(value, depth, path);
    case 'function':
    case 'symbol':
      return new Refusal(`cannot be stored: it is a ${typeof value}. Leave it out.`);
    default:
      return value;
  }
}

function convertObject(object: object, depth: number, path: Path): unknown {
  if (depth > MAX_DEPTH) {
    return new Refusal(
      `cannot be stored: it is nested deeper than ${MAX_DEPTH} levels or refers to itself. Flatten it.`,
    );
  }
  if (Array.isArray(object)) return convertArray(object, depth, path);
  if (object instanceof Map) return boxMap(object, depth, path);
  if (object instanceof Set) {
    const members = convertArray([...object], depth, path);
    return members instanceof Refusal ? members : new Set(members as unknown[]);
  }
  if (object instanceof Error) return boxError(object, depth, path);
  if (carriedWhole(object)) return object;
  if (isOpaque(object)) {
    return new Refusal(
      `cannot be stored: a ${object.constructor.name} has no content to keep. Leave it out.`,
    );
  }
  return convertRecord(object as Record<string, unknown>, depth, path);
}

function convertArray(array: unknown[], depth: number, path: Path): unknown {
  let copy: unknown[] | undefined;
  for (let i = 0; i < array.length; i++) {
    const member = array[i];
    const converted = convert(member, depth + 1, path);
    if (converted instanceof Refusal) {
      path.push(i);
      return converted;
    }
    if (converted !== member) {
      copy ??= array.slice();
      copy[i] = converted;
    }
  }
  return copy ?? array;
}

function convertRecord(record: Record<string, unknown>, depth: number, path: Path): unknown {
  let copy: Record<string, unknown> | undefined;
  for (const key in record) {
    const member = record[key];
    if (key === '__proto__' && Object.hasOwn(record, key)) return boxObject(record, depth, path);
    const converted = convert(member, depth + 1, path);
    if (converted instanceof Refusal) {
      path.push(key);
      return converted;
    }
    if (converted !== member) {
      copy ??= { ...record };
      copy[key] = converted;
    }
  }
  return copy ?? record;
}

function boxMap(map: Map<unknown, unknown>, depth: number, path: Path): unknown {
  const entries = convertArray([...map].flat(1), depth, path);
  return entries instanceof Refusal ? entries : new MapBox(entries as unknown[]);
}

function boxObject(record: Record<string, unknown>, depth: number, path: Path): unknown {
  const entries: unknown[] = [];
  for (const [key, member] of Object.entries(record)) {
    const converted = convert(member, depth + 1, path);
    if (converted instanceof Refusal) {
      path.push(key);
      return converted;
    }
    entries.push(key, converted);
  }
  return new ObjectBox(entries);
}

function boxError(error: Error, depth: number, path: Path): unknown {
  const cause = convert(error.cause, depth + 1, path);
  if (cause instanceof Refusal) {
    path.push('cause');
    return cause;
  }
  return new ErrorBox([String(error.name), String(error.message), cause]);
}

function carriedWhole(object: object): boolean {
  return (
    object instanceof Date ||
    ArrayBuffer.isView(object) ||
    object instanceof ArrayBuffer ||
    object instanceof RegExp
  );
}

function isOpaque(object: object): boolean {
  return (
    object instanceof Promise ||
    object instanceof WeakMap ||
    object instanceof WeakSet ||
    object instanceof WeakRef
  );
}

/** The path was collected from the inside out. */
function formatPath(path: Path): string {
  let text = '';
  for (const step of path.reverse()) {
    if (typeof step === 'number') text += `[${step}]`;
    else text += text === '' ? step : `.${step}`;
  }
  return text;
}
