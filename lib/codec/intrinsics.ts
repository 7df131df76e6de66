// Reads what the engine knows of its own objects. A property of an object, or of its class, may have any
// value and may change; these functions read the object's internal slots, and throw a TypeError for any other
// object, such as a proxy.

import { isSharedArrayBuffer } from 'node:util/types';

type Getter<T> = (object: object) => T;

const TypedArray = Object.getPrototypeOf(Uint8Array);

/** 'Float32Array' and the like, for a subclass too; undefined for what is not a typed array. */
export const typedArrayName: Getter<string | undefined> = getter(
  TypedArray.prototype,
  Symbol.toStringTag,
);
const typedArrayBuffer: Getter<ArrayBufferLike> = getter(TypedArray.prototype, 'buffer');
const typedArrayOffset: Getter<number> = getter(TypedArray.prototype, 'byteOffset');
const typedArrayLength: Getter<number> = getter(TypedArray.prototype, 'byteLength');
const viewBuffer: Getter<ArrayBufferLike> = getter(DataView.prototype, 'buffer');
const viewOffset: Getter<number> = getter(DataView.prototype, 'byteOffset');
const viewLength: Getter<number> = getter(DataView.prototype, 'byteLength');
const bufferLength: Getter<number> = getter(ArrayBuffer.prototype, 'byteLength');
const sharedLength: Getter<number> = getter(SharedArrayBuffer.prototype, 'byteLength');

export const timeOf: Getter<number> = method(Date.prototype.getTime);
export const mapSize: Getter<number> = getter(Map.prototype, 'size');
export const setSize: Getter<number> = getter(Set.prototype, 'size');
export const forEachOfMap: (map: object, visit: (member: unknown, key: unknown) => void) => void =
  method(Map.prototype.forEach);
export const forEachOfSet: (set: object, visit: (member: unknown) => void) => void = method(
  Set.prototype.forEach,
);
export const sourceOf: Getter<string> = getter(RegExp.prototype, 'source');

/** The flags are in the order in which `flags` has them; an engine may not know the last ones. */
const FLAGS: readonly [flag: string, isSet: Getter<boolean>][] = [
  ['d', 'hasIndices'],
  ['g', 'global'],
  ['i', 'ignoreCase'],
  ['m', 'multiline'],
  ['s', 'dotAll'],
  ['u', 'unicode'],
  ['v', 'unicodeSets'],
  ['y', 'sticky'],
]
  .filter(([, name]) => Object.hasOwn(RegExp.prototype, name!))
  .map(([flag, name]) => [flag!, getter(RegExp.prototype, name!)]);

export function flagsOf(regExp: object): string {
  let flags = '';
  for (const [flag, isSet] of FLAGS) if (isSet(regExp)) flags += flag;
  return flags;
}

/** All bytes of a typed array, in place. */
export function bytesOfTypedArray(array: object): Uint8Array {
  return bytesIn(typedArrayBuffer(array), typedArrayOffset(array), typedArrayLength(array));
}

export function bytesOfView(view: object): Uint8Array {
  return bytesIn(viewBuffer(view), viewOffset(view), viewLength(view));
}

export function bytesOfBuffer(buffer: object): Uint8Array {
  const isShared = isSharedArrayBuffer(buffer);
  const length = isShared ? sharedLength(buffer) : bufferLength(buffer);
  return bytesIn(buffer as ArrayBufferLike, 0, length);
}

/** A detached buffer has no bytes, and a view of it cannot be made. */
function bytesIn(buffer: ArrayBufferLike, offset: number, length: number): Uint8Array {
  return length === 0 ? new Uint8Array() : new Uint8Array(buffer, offset, length);
}

function getter<T>(prototype: object, name: string | symbol): Getter<T> {
  return method(Object.getOwnPropertyDescriptor(prototype, name)!.get!);
}

/** Binds `Function.prototype.call` to it, whatever later replaces that. */
// biome-ignore lint/suspicious/noExplicitAny: the types are those that the callers give.
function method(unbound: (...all: any[]) => any): any {
  return Function.prototype.call.bind(unbound);
}
