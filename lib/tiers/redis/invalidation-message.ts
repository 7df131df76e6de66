// What processes tell each other of what they have removed: JSON, as it is small, and read by a parser
// that is made for text from strangers.
//
//   { "from": "<id of the sender>", "keys": ["<key without the prefix>", ...] }     null for all keys

/** Code units of a message, and keys in one, at most. Longer ones are not read. */
const MAX_LENGTH = 1024 * 1024;
const MAX_KEYS = 10_000;

/** Code units of the keys of one message of ours at most, which may become six each in JSON. */
const KEYS_LENGTH = 128 * 1024;

export interface Invalidation {
  from: string;
  /** Undefined for all. */
  keys: string[] | undefined;
  /** Keys that are none, and are not among them. */
  badKeys: number;
}

/** The messages for these keys; a key that is too long for a message is in none. */
export function encodeInvalidations(from: string, keys: readonly string[] | undefined): string[] {
  if (keys === undefined) return [JSON.stringify({ from, keys: null })];
  const batches: string[][] = [];
  let batch: string[] = [];
  let length = Number.POSITIVE_INFINITY;
  for (const key of keys) {
    if (key.length > KEYS_LENGTH) continue;
    length += key.length;
    if (length > KEYS_LENGTH || batch.length === MAX_KEYS) {
      batch = [];
      batches.push(batch);
      length = key.length;
    }
    batch.push(key);
  }
  return batches.map((each) => JSON.stringify({ from, keys: each }));
}

/** Undefined for what is no such message. */
export function decodeInvalidation(message: string): Invalidation | undefined {
  if (message.length > MAX_LENGTH) return undefined;
  let read: unknown;
  try {
    read = JSON.parse(message);
  } catch {
    return undefined;
  }
  if (typeof read !== 'object' || read === null || !('from' in read) || !('keys' in read)) {
    return undefined;
  }
  const { from, keys } = read;
  if (typeof from !== 'string') return undefined;
  if (keys === null) return { from, keys: undefined, badKeys: 0 };
  if (!Array.isArray(keys) || keys.length > MAX_KEYS) return undefined;
  // The others were removed all the same.
  const good = keys.filter((key): key is string => typeof key === 'string');
  return { from, keys: good, badKeys: keys.length - good.length };
}
