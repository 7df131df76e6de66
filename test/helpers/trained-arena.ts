// Metadata of images, and how a cache gets a dictionary of it.

import type { ArenaCache } from '../../lib/index.js';
import { until } from './until.js';

/** Metadata of an image, as `n` determines it. */
export function image(n: number): Record<string, unknown> {
  const fields: Record<string, unknown> = { FileName: `IMG_${n}.JPG`, ISO: 100 * (n % 9) };
  for (let i = 0; i < 60; i++) fields[`CameraSetting${i}`] = `value ${(n * 7 + i) % 4} of ${i}`;
  return fields;
}

/** Sets images, each with the fields of `more`, until a dictionary was trained from them. */
export async function train(cache: ArenaCache, more: Record<string, unknown> = {}): Promise<void> {
  const { dictionaryTrainings } = cache.stats();
  for (let n = 0; n < 100; n++) cache.set(`training ${n}`, { ...image(n), ...more });
  await until(() => cache.stats().dictionaryTrainings > dictionaryTrainings);
}
