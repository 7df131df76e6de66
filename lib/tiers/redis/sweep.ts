import type { Driver, Master } from './driver.js';

/**
 * Deletes all keys that begin with the prefix, on every server, in steps: the server never lists all its
 * keys at once. Keys that are set meanwhile may be deleted or not.
 *
 * @param bounded Limits the time of each step.
 */
export async function sweep(
  driver: Driver,
  prefix: string,
  bounded: <T>(step: Promise<T>) => Promise<T>,
): Promise<void> {
  const masters = await bounded(driver.masters());
  await Promise.all(masters.map((master) => sweepOne(master, prefix, bounded)));
}

async function sweepOne(
  master: Master,
  prefix: string,
  bounded: <T>(step: Promise<T>) => Promise<T>,
): Promise<void> {
  const pattern = `${literally(master.clientPrefix + prefix)}*`;
  let cursor = '0';
  do {
    const step = await bounded(master.scan(cursor, pattern));
    await bounded(master.unlink(step.keys));
    cursor = step.cursor;
  } while (cursor !== '0');
}

/** A pattern that matches only this text. */
function literally(text: string): string {
  return text.replace(/[\\*?[\]^-]/g, '\\$&');
}
