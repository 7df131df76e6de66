// The owner of a record: the application or library that stored it, and the version of its extractor.

import { show } from '../checks/arguments.js';
import { argumentRangeError, argumentTypeError } from '../errors/errors.js';
import { applicationName } from './application-name.js';

const MAX_LENGTH = 256;

export interface RecordOwner {
  /** It is empty where no option names one and the application has no name. */
  namespace: string;
  /** It is empty where no version was given. */
  version: string;
}

/** Throws a TypeError or RangeError that names the option and its accepted values. */
export function resolveOwner(namespace: unknown, version: unknown): RecordOwner {
  return {
    namespace:
      namespace === undefined ? defaultNamespace() : checkText('namespace', namespace, 'a string'),
    version: version === undefined ? '' : checkVersion(version),
  };
}

let ofApplication: string | undefined;

function defaultNamespace(): string {
  ofApplication ??= applicationName().toWellFormed().replaceAll('\0', '').slice(0, MAX_LENGTH);
  return ofApplication;
}

function checkVersion(version: unknown): string {
  const text = typeof version === 'number' && Number.isFinite(version) ? `${version}` : version;
  return checkText('version', text, 'a string or a finite number');
}

/** The text has no NUL, because NULs separate it from the other parts of a key. */
function checkText(name: string, value: unknown, kind: string): string {
  if (typeof value !== 'string') {
    throw argumentTypeError(`${name} must be ${kind}; it is ${show(value)}.`);
  }
  if (value === '' || value.length > MAX_LENGTH || value.includes('\0') || !value.isWellFormed()) {
    throw argumentRangeError(
      `${name} must be well-formed Unicode of 1 to ${MAX_LENGTH} characters without NUL; leave it out for the default.`,
    );
  }
  return value;
}
