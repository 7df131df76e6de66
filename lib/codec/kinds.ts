// Finds out which objects are records of their own fields, and which are built in, of any realm: another vm
// context, or the thread's other globals, has classes of its own. A list of names would never be complete. A
// built-in class has a native constructor, or a tag that cannot be written.

import { isArgumentsObject, isProxy } from 'node:util/types';

type Kind = 'plain' | 'class' | 'builtIn';

/** No program has a longer chain; a chain of proxies may have no end. */
const LONGEST_CHAIN = 1000;

const { getOwnPropertyDescriptor, getPrototypeOf } = Object;
const sourceOf = Function.prototype.toString;

/**
 * The key is the prototype, because a walk up the chain takes longer than all other work on a small object.
 */
const kinds = new WeakMap<object, Kind>();

/** Whether objects of this prototype are built in, or extend a built-in class. */
export function isBuiltIn(prototype: object): boolean {
  return kindOf(prototype) === 'builtIn';
}

/** Whether an object without own fields was made without them, and hides nothing. */
export function isPlainEmpty(object: object): boolean {
  // These checks cost nothing for an ordinary object, which has neither symbol.
  if (Symbol.iterator in object || Symbol.toStringTag in object) {
    if (isArgumentsObject(object) || isTagged(object)) return false;
  }
  const prototype: object | null = getPrototypeOf(object);
  if (prototype === Object.prototype || prototype === null) return true;
  return kindOf(prototype) === 'plain' && !hasNativeMethod(prototype);
}

/** The reason why an object is not a record, as the rest of a sentence. */
export function whyOpaque(object: object): string {
  if (isArgumentsObject(object)) return 'it is an arguments object. Make an array of it.';
  const prototype: object | null = getPrototypeOf(object);
  const isClass = prototype !== null && kindOf(prototype) === 'class';
  const why = isClass ? 'which has no fields to keep' : 'of which the content cannot be copied';
  return `it is of the class ${nameOf(object)}, ${why}. Leave it out, or store plain data in its place.`;
}

function kindOf(prototype: object): Kind {
  let kind = kinds.get(prototype);
  if (kind === undefined) {
    kind = findKind(prototype);
    kinds.set(prototype, kind);
  }
  return kind;
}

function findKind(prototype: object): Kind {
  let kind: Kind = 'plain';
  let each = prototype;
  for (let i = 0; i < LONGEST_CHAIN; i++) {
    const next: object | null = getPrototypeOf(each);
    // The last prototype is the Object.prototype of some realm, or has none above it.
    if (next === null) return kind;
    if (isBuiltInPrototype(each)) return 'builtIn';
    if (constructorOf(each) !== undefined) kind = 'class';
    each = next;
  }
  return 'builtIn';
}

function isBuiltInPrototype(prototype: object): boolean {
  if (isTagged(prototype)) return true;
  const maker = constructorOf(prototype);
  return maker !== undefined && isNative(maker);
}

/**
 * The classes of JavaScript, of the web and of WebAssembly have a tag that cannot be written; others have a
 * getter, or no tag.
 */
function isTagged(object: object): boolean {
  const tag = getOwnPropertyDescriptor(object, Symbol.toStringTag);
  return typeof tag?.value === 'string' && tag.writable === false;
}

function constructorOf(prototype: object): object | undefined {
  const maker: unknown = getOwnPropertyDescriptor(prototype, 'constructor')?.value;
  return typeof maker === 'function' ? maker : undefined;
}

/** A proxy appears native, whatever it stands for. */
function isNative(method: object): boolean {
  return sourceOf.call(method).endsWith('{ [native code] }') && !isProxy(method);
}

/** Finds built-in objects without a constructor, such as the segments of a text. */
function hasNativeMethod(prototype: object): boolean {
  if (getPrototypeOf(prototype) === null) return false;
  return Reflect.ownKeys(prototype).some((key) => {
    const method: unknown = getOwnPropertyDescriptor(prototype, key)?.value;
    return typeof method === 'function' && isNative(method);
  });
}

/** The name of the kind, for a message. */
function nameOf(object: object): string {
  let each: object | null = object;
  for (let i = 0; each !== null && i < LONGEST_CHAIN; i++) {
    const tag: unknown = getOwnPropertyDescriptor(each, Symbol.toStringTag)?.value;
    if (typeof tag === 'string') return tag;
    const maker = constructorOf(each);
    const name = maker && getOwnPropertyDescriptor(maker, 'name')?.value;
    if (typeof name === 'string' && name !== '') return name;
    each = getPrototypeOf(each);
  }
  return 'Object';
}
