// The names of fields for which compact values have numbers: lists that never change, by the number of their
// dictionary.

/** Stores have eight dictionaries at most, and lists of dropped ones are of no more use. */
const MAX_LISTS = 16;

/** Returns the names of a dictionary in the order of their numbers; undefined for one that is not known. */
export type LoadNames = (dictionary: number) => readonly string[] | undefined;

/** Loads each list once. */
export class FieldNames {
  /** It is called for each compact value that cannot be decoded. */
  readonly onUndecodable: () => void;
  readonly #load: LoadNames;
  readonly #lists = new Map<number, readonly string[]>();

  constructor(load: LoadNames, onUndecodable: () => void) {
    this.#load = load;
    this.onUndecodable = onUndecodable;
  }

  /** Undefined for a dictionary that is not known. */
  of(dictionary: number): readonly string[] | undefined {
    return this.#lists.get(dictionary) ?? this.#loadList(dictionary);
  }

  #loadList(dictionary: number): readonly string[] | undefined {
    const names = this.#load(dictionary);
    if (names === undefined) return undefined;
    if (this.#lists.size === MAX_LISTS) this.#lists.clear();
    this.#lists.set(dictionary, names);
    return names;
  }
}
