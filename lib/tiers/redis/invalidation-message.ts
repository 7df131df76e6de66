// The messages by which processes notify each other of removed keys. They are JSON, because they are small,
// and because its parser is made for untrusted text.
//
//   { "from": "<id of the sender>", "keys": ["<key without the prefix>", ...] }     null for all keys

/** The maximum number of code units of a message, and of keys in one. Longer messages are not read. */
const MAX_LENGTH = 1024 * 1024;
const MAX_KEYS = 10_000;

/** The maximum number of code units of the keys of one message of ours; each may become six in JSON. */
const KEYS_LENGTH = 128 * 1024;

export interface Invalidation {
  from: string;
  /** Undefined stands for all keys. */
  keys: string[] | undefined;
  /** The number of elements that are not keys; they are not in `keys`. */
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

/** Undefined for what is not such a message. */
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
  // The other keys were removed all the same.
  const good = keys.filter((key): key is string => typeof key === 'string');
  return { from, keys: good, badKeys: keys.length - good.length };
}
