// The fields that a reader asks for, as the text that the addon takes; native/codec/field_paths.h says what
// each path matches.

import { checkOptions, show } from '../checks/arguments.js';
import { optionNames } from '../checks/option-names.js';
import { argumentRangeError, argumentTypeError } from '../errors/errors.js';

/** The options of a `get` that reads a part of the value. */
export interface FieldOptions {
  /**
   * The names of the fields to read. A '.' leads into an object ('Lens.Model'), or into each object of an
   * array, and '*' stands for the rest of a name ('GPS*'). All together may have up to 65,535 bytes of UTF-8.
   */
  fields: readonly string[];
}

const MAX_BYTES = 65_535;
const NAMES = optionNames<FieldOptions>('get', { fields: true });
/** Stands between two paths. */
const SEPARATOR = '\0';
const MISPLACED_STAR = /\*[^.\0]/;

/** The fields that were checked last, and their paths: most callers ask for the same ones each time. */
let lastFields: readonly string[] = [];
let lastPaths = '';

/** Throws a TypeError or RangeError that says which fields are accepted. */
export function fieldPathsOf(options: FieldOptions): string {
  const { fields } = checkOptions(options, NAMES);
  if (!Array.isArray(fields)) {
    throw argumentTypeError(`fields must be an array of names; it is ${show(fields)}.`);
  }
  if (!isLast(fields)) {
    const checked: readonly string[] = [...fields];
    lastPaths = joined(checked);
    lastFields = checked;
  }
  return lastPaths;
}

function isLast(fields: readonly string[]): boolean {
  if (fields.length !== lastFields.length) return false;
  for (let i = 0; i < fields.length; i++) if (fields[i] !== lastFields[i]) return false;
  return true;
}

function joined(fields: readonly string[]): string {
  let paths = '';
  for (let i = 0; i < fields.length; i++) {
    const field: unknown = fields[i];
    if (typeof field !== 'string') {
      throw argumentTypeError(`fields[${i}] must be a name; it is ${show(field)}.`);
    }
    if (field === '' || field.includes(SEPARATOR) || !field.isWellFormed()) {
      throw argumentRangeError(
        `fields[${i}] must be a name of well-formed Unicode without NUL; it is ${show(field)}.`,
      );
    }
    paths = i === 0 ? field : `${paths}${SEPARATOR}${field}`;
  }
  if (MISPLACED_STAR.test(paths)) {
    throw argumentRangeError(
      "A '*' in fields stands for the rest of a name: put it at the end of one, as in 'GPS*'.",
    );
  }
  if (paths.length * 3 > MAX_BYTES && Buffer.byteLength(paths) > MAX_BYTES) {
    throw argumentRangeError(`All fields together may have up to ${MAX_BYTES} bytes of UTF-8.`);
  }
  return paths;
}
