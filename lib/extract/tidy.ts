import type { Metadata } from '../tiers/metadata.js';

const MAX_TEXT = 16 * 1024;
const MAX_BYTES = 32;
const MAX_NUMBERS = 64;
const MAX_ITEMS = 1000;
const MAX_DEPTH = 8;

/** The record without values that are empty, not numbers, or large binary data. */
export function tidyRecord(record: Metadata, depth = 0): Metadata {
  const result: Metadata = {};
  for (const [name, value] of Object.entries(record)) {
    const tidied =
      /^XP[A-Z]/.test(name) && value instanceof Uint8Array
        ? tidy(Buffer.from(value).toString('utf16le'), depth)
        : tidy(value, depth);
    if (tidied !== undefined && name !== '__proto__') result[name] = tidied;
  }
  return result;
}

/** The value in plain JavaScript, or undefined for one that is not worth keeping. */
export function tidy(value: unknown, depth = 0): unknown {
  if (typeof value === 'string') return tidyText(value);
  if (typeof value === 'number') return Number.isFinite(value) ? value : undefined;
  if (typeof value === 'bigint' || typeof value === 'boolean') return value;
  if (value instanceof Date) return exifDate(value);
  if (value instanceof Uint8Array) return tidyBytes(value);
  if (ArrayBuffer.isView(value)) return tidyList([...(value as Uint16Array)], depth);
  if (Array.isArray(value)) return tidyList(value, depth);
  if (typeof value !== 'object' || value === null || depth === MAX_DEPTH) return undefined;
  const record = tidyRecord(value as Metadata, depth + 1);
  return Object.keys(record).length > 0 ? record : undefined;
}

/** Text in EXIF ends at its first zero byte, whatever length is stated. */
function tidyText(text: string): string | undefined {
  const end = text.indexOf('\0');
  const trimmed = (end < 0 ? text : text.slice(0, end)).trim();
  return trimmed === '' || trimmed.length > MAX_TEXT ? undefined : trimmed;
}

/** Versions and the like are text ('0220'); other short binary values become numbers. */
function tidyBytes(bytes: Uint8Array): unknown {
  if (bytes.length === 1) return bytes[0];
  const text = Buffer.from(bytes).toString('latin1');
  if (/^[\x20-\x7e]{2,}\0*$/.test(text)) return tidyText(text);
  return bytes.length > 0 && bytes.length <= MAX_BYTES ? [...bytes] : undefined;
}

/** NaN (0/0, "unknown" in EXIF) becomes null, because the place of a value in a list has a meaning. */
function tidyList(list: unknown[], depth: number): unknown {
  if (list.length > MAX_ITEMS || depth === MAX_DEPTH) return undefined;
  const items = list.map((item) => tidy(item, depth + 1) ?? null);
  if (items.length > MAX_NUMBERS && items.every((item) => typeof item === 'number')) {
    return undefined;
  }
  return items.some((item) => item !== null) ? items : undefined;
}

function exifDate(date: Date): string | undefined {
  if (Number.isNaN(date.getTime())) return undefined;
  return date.toISOString().slice(0, 19).replaceAll('-', ':').replace('T', ' ');
}
