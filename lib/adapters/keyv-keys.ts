// How the adapter names an entry in its store: the namespace, a mark, and the key.
//
//     4:keyv=keyv:foo       length of the namespace, the namespace, '=', the key as Keyv gives it
//     0:=foo                no namespace
//     #<43>=foo             a namespace that is long or not well-formed, by its hash
//     4:keyv#<43>           so a key that a store does not take
//
// The length says where the namespace ends, so that no two pairs have the same name, whatever separators are
// in them: Keyv itself calls 'a:b' in the namespace 'c' and 'b' in 'c:a' both 'c:a:b'.

import { createHash } from 'node:crypto';
import { checkKey } from '../arena/key.js';
import { show } from '../checks/arguments.js';
import { argumentTypeError } from '../errors/errors.js';
import { native } from '../native/addon.js';

/** The length in UTF-16 units; it is bounded because each entry stores its namespace. */
const LONGEST_NAMESPACE = 256;

const PLAIN = '=';
const HASHED = '#';

/** The prefix of the names of all entries of the namespace, and of no others. Throws for what is not text. */
export function namespacePrefix(namespace: string | undefined): string {
  if (namespace === undefined || namespace === '') return '0:';
  if (typeof namespace !== 'string') {
    throw argumentTypeError(`A namespace must be a string; it is ${show(namespace)}.`);
  }
  if (namespace.length > LONGEST_NAMESPACE || !namespace.isWellFormed()) {
    return HASHED + hash(namespace);
  }
  return `${namespace.length}:${namespace}`;
}

export interface EntryName {
  name: string;
  /** Whether the name has only a hash of the key. */
  hashed: boolean;
}

/** Throws a TypeError for a key that is not a string; every string has a name. */
export function entryName(prefix: string, key: string): EntryName {
  if (typeof key !== 'string') checkKey(key);
  const name = prefix + PLAIN + key;
  if (fits(name) && key.isWellFormed()) return { name, hashed: false };
  return { name: prefix + HASHED + hash(key), hashed: true };
}

/** The key in a name; undefined where there is only its hash. */
export function keyInName(name: string): string | undefined {
  const mark = prefixLength(name);
  return name[mark] === PLAIN ? name.slice(mark + 1) : undefined;
}

function prefixLength(name: string): number {
  if (name.startsWith(HASHED)) return HASHED.length + HASH_LENGTH;
  const colon = name.indexOf(':');
  return colon + 1 + Number(name.slice(0, colon));
}

function fits(name: string): boolean {
  const { maxKeyBytes } = native.limits;
  // A UTF-16 unit takes three bytes of UTF-8 at most: only long names need counting.
  return name.length * 3 <= maxKeyBytes || Buffer.byteLength(name) <= maxKeyBytes;
}

/** The length of a SHA-256 digest in base64url. */
const HASH_LENGTH = 43;

/** The hash is of the text as UTF-16, because text that is not well-formed has no UTF-8. */
function hash(text: string): string {
  return createHash('sha256').update(text, 'utf16le').digest('base64url');
}
