// The keys of the records of files, and the state that each record must have.

import { contentState } from '../files/content-state.js';
import type { PlainPath } from '../files/file-path.js';
import { ABSENT_STATE, type FileState, fileState } from '../files/file-state.js';
import type { Validation } from './advanced-options.js';
import {
  contentPlace,
  filePlace,
  ownerSuffix,
  type PathComparison,
  placeKey,
  placesBelow,
  type StoredAt,
  storedAt,
} from './file-key.js';
import type { RecordOwner } from './record-owner.js';

/** The state of every file where `validate` is 'none'. */
const UNSEEN_STATE: FileState = '\0'.repeat(ABSENT_STATE.length);

/** The key and state of the record of a file as it is now; a record without a state is not stored. */
export interface Identity {
  key: string;
  state: FileState | undefined;
}

/** The keys of one owner's records. */
export class RecordKeys {
  readonly #owner: RecordOwner;
  readonly #validate: Validation;
  /** The suffix of the keys. */
  readonly #suffix: string;

  constructor({ owner, validate }: { owner: RecordOwner; validate: Validation }) {
    this.#owner = owner;
    this.#validate = validate;
    this.#suffix = ownerSuffix(owner);
  }

  /** Where the state of a file is not read, no folder of its path is read either. */
  get #comparison(): PathComparison {
    return this.#validate === 'none' ? 'text' : 'followed';
  }

  /** The key of the file's record, by its path. */
  keyOf(filePath: PlainPath, tier: string): string {
    return placeKey(filePlace(filePath, this.#comparison), tier, this.#suffix);
  }

  /** The key and state of the record of the file as it is now. */
  identify(filePath: PlainPath, tier: string): Identity {
    const key = this.keyOf(filePath, tier);
    if (this.#validate === 'none') return { key, state: UNSEEN_STATE };
    if (this.#validate === 'stat') return { key, state: fileState(filePath) };
    const state = contentState(filePath);
    // Absent files have the same content state, but they are different files.
    if (state === undefined || state === ABSENT_STATE) return { key, state };
    return { key: placeKey(contentPlace(state), tier, this.#suffix), state };
  }

  /**
   * The keys of the file's records, by its path and by its current content: in these tiers, and those of all
   * versions that `storedAtPlace` returns; with `all` also those of other tiers.
   */
  keysOf(
    filePath: PlainPath,
    tiers: Iterable<string>,
    all: boolean,
    storedAtPlace: (place: string) => Iterable<string>,
  ): Set<string> {
    const places = [filePlace(filePath, this.#comparison)];
    const content = this.#validate === 'content' ? contentState(filePath) : undefined;
    if (content !== undefined) places.push(contentPlace(content));
    const named = new Set(tiers);
    const keys = new Set<string>();
    for (const place of places) {
      for (const tier of named) keys.add(placeKey(place, tier, this.#suffix));
      for (const key of storedAtPlace(place)) {
        const at = this.ownedAt(key);
        if (at !== undefined && (all || named.has(at.tier))) keys.add(key);
      }
    }
    return keys;
  }

  /**
   * Returns whether a key is of this namespace and of a file below the folder; a key without a path never is.
   */
  isBelow(folder: PlainPath): (key: string) => boolean {
    const places = placesBelow(folder, this.#comparison);
    return (key) =>
      places.some((place) => key.startsWith(place)) && this.ownedAt(key) !== undefined;
  }

  /** The place and owner of the record of the key, of any version; undefined for one of another namespace. */
  ownedAt(key: string): StoredAt | undefined {
    const at = storedAt(key);
    return at?.namespace === this.#owner.namespace ? at : undefined;
  }
}
