// Kills a process while it has a filled cache open and writes to it.

import { inChild } from '../child.mjs';
import { openTiers } from './contenders.mjs';
import { keyOf, readTexts } from './records.mjs';

const FRONT = 500;

const writeAndDie = inChild(
  import.meta.url,
  async ({ name, folder, files, records, from, puts }) => {
    const texts = await readTexts(records, puts);
    const cache = await openTiers(name, folder, FRONT);
    const put = (i) => cache.put(keyOf(files, from + i), JSON.parse(texts[i]));
    for (let i = 0; i < puts / 2; i++) await put(i);
    await cache.settle();
    for (let i = puts / 2; i < puts; i++) void put(i);
    process.kill(process.pid, 'SIGKILL');
    await new Promise(() => {});
  },
);

/** Resolves when the process has ended. */
export async function killWhileOpen(argument) {
  const end = await writeAndDie(argument).catch((error) => error.message);
  if (!String(end).includes('SIGKILL')) throw new Error(`It was not killed: ${end}`);
}
