import { textOf } from '../files/file-path.js';
import { pathOfPlace, type StoredAt } from './file-key.js';

/** The file and tier of a record. */
export interface StoredKey {
  /** The absolute path as text: U+FFFD stands for bytes that are not UTF-8. */
  filePath: string;
  /** Which of the file's records it is. */
  tier: string;
  /** The bytes of the path, where it is not UTF-8. */
  bytes?: Buffer;
}

/**
 * The files and tiers of the records that have a path. `assertOpen` throws where the cache was shut down
 * meanwhile.
 */
export function* storedKeys(
  assertOpen: () => void,
  stored: Iterator<StoredAt>,
): IterableIterator<StoredKey> {
  for (;;) {
    assertOpen();
    const { done, value } = stored.next();
    if (done) return;
    const { place, tier } = value;
    const path = pathOfPlace(place);
    if (typeof path === 'string') yield { filePath: path, tier };
    else if (path !== undefined) yield { filePath: textOf(path), tier, bytes: path };
  }
}
