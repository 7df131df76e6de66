// What the adapter stores: the value itself, or a box, which is a list, where the value alone would lose
// something. A value that is a list is therefore boxed too; Keyv makes strings or objects of everything it
// stores.

/**
 * It has the key where the entry's name has only a hash of it. `inUtf16` says that the value is a string
 * stored as UTF-16.
 */
type Box = [value: unknown, key: Buffer | null, inUtf16: boolean];

/** `key` is given where it has to be stored. */
export function box(value: unknown, key: string | undefined): unknown {
  // Strings are stored in UTF-8, in which one that is not well-formed does not survive.
  const inUtf16 = typeof value === 'string' && !value.isWellFormed();
  if (key === undefined && value !== undefined && !inUtf16 && !Array.isArray(value)) return value;
  const boxed: Box = [
    inUtf16 ? Buffer.from(value, 'utf16le') : value,
    key === undefined ? null : Buffer.from(key, 'utf16le'),
    inUtf16,
  ];
  return boxed;
}

export function unbox(stored: unknown): unknown {
  if (!isBox(stored)) return stored;
  const [value, , inUtf16] = stored;
  return inUtf16 && Buffer.isBuffer(value) ? value.toString('utf16le') : value;
}

/** The key in the box; undefined where it was not stored. */
export function boxedKey(stored: unknown): string | undefined {
  return isBox(stored) ? stored[1]?.toString('utf16le') : undefined;
}

function isBox(stored: unknown): stored is Box {
  return Array.isArray(stored);
}
