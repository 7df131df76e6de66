// What the records of files are stored under, and the state that each of them must have.

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

/** The state that every file has where `validate` is 'none'. */
const UNSEEN_STATE: FileState = '\0'.repeat(ABSENT_STATE.length);

/** Where the record of a file as it is now belongs; without a state it belongs nowhere. */
export interface Identity {
  key: string;
  state: FileState | undefined;
}

/** The keys of one owner's records. */
export class RecordKeys {
  readonly #owner: RecordOwner;
  readonly #validate: Validation;
  /** What the keys end with. */
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

  /** What the record of the file is stored under, by its path. */
  keyOf(filePath: PlainPath, tier: string): string {
    return placeKey(filePlace(filePath, this.#comparison), tier, this.#suffix);
  }

  /** Where the record of the file as it is now belongs. */
  identify(filePath: PlainPath, tier: string): Identity {
    const key = this.keyOf(filePath, tier);
    if (this.#validate === 'none') return { key, state: UNSEEN_STATE };
    if (this.#validate === 'stat') return { key, state: fileState(filePath) };
    const state = contentState(filePath);
    // Files that are not there have the same content, and nothing else in common.
    if (state === undefined || state === ABSENT_STATE) return { key, state };
    return { key: placeKey(contentPlace(state), tier, this.#suffix), state };
  }

  /**
   * What records of the file are stored under, by its path and by what is in it now: in these tiers, and
   * those of all versions that `storedAtPlace` gives; with `all` also those of other tiers.
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

  /** Whether a key is of this namespace and of a file below the folder; none is that has no path. */
  isBelow(folder: PlainPath): (key: string) => boolean {
    const places = placesBelow(folder, this.#comparison);
    return (key) =>
      places.some((place) => key.startsWith(place)) && this.ownedAt(key) !== undefined;
  }

  /** Where the record of the key is, of any version; undefined for one of another namespace. */
  ownedAt(key: string): StoredAt | undefined {
    const at = storedAt(key);
    return at?.namespace === this.#owner.namespace ? at : undefined;
  }
}
