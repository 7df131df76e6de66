// The delay of puts that come faster than the disk can write: puts of one size in a loop that never yields,
// without a disk tier, with one, and with one that another process also writes to.

import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { inChild } from '../child.mjs';
import { packageIn } from '../versions.mjs';
import { withFolder } from './records.mjs';

const PUTS = 30_000;
const SLOW_MS = 5;
const metadata = { text: 'x'.repeat(4000) };
const open = ({ AdvancedMetadataCache }, folder, maxDiskSizeMb) =>
  new AdvancedMetadataCache({
    cacheDir: join(folder, 'cache'),
    maxDiskSizeMb,
    maxMemoryMb: 16,
    validate: 'none',
  });

const inOneProcess = inChild(import.meta.url, async ({ root, folder, disk, hammer }) => {
  const cache = open(await packageIn(root), folder, disk ? 64 : 0);
  if (hammer) {
    process.send({ ready: true });
    for (let i = 0; ; i++) {
      cache.put(`/hammer/${i % 5000}`, metadata);
      if (i % 50 === 0) await new Promise((resolve) => setImmediate(resolve));
    }
  }
  const times = new Float64Array(PUTS);
  for (let i = 0; i < PUTS; i++) {
    const begun = performance.now();
    cache.put(`/file/${i}`, metadata);
    times[i] = performance.now() - begun;
  }
  const { diskDrops } = cache.getStats();
  cache.shutdown();
  const slow = times.filter((ms) => ms > SLOW_MS).length;
  times.sort();
  return { p999: times[Math.floor(PUTS * 0.999)], longest: times[PUTS - 1], slow, diskDrops };
});

export const measurePuts = async ({ root }) => {
  const found = {};
  const note = (name, { p999, longest, slow, diskDrops }) => {
    found[`${name}: p99.9, ms`] = [p999];
    found[`${name}: longest, ms`] = [longest];
    found[`${name}: over ${SLOW_MS} ms`] = [slow];
    found[`${name}: dropped`] = [diskDrops];
  };
  await withFolder(async (folder) => note('no disk tier', await inOneProcess({ root, folder })));
  await withFolder(async (folder) => {
    note('alone', await inOneProcess({ root, folder, disk: true }));
  });
  await withFolder(async (folder) => {
    const argument = JSON.stringify({ root, folder, disk: true, hammer: true });
    const hammer = fork(fileURLToPath(import.meta.url), [argument]);
    await once(hammer, 'message');
    note('hammered', await inOneProcess({ root, folder, disk: true }));
    hammer.kill('SIGKILL');
    await once(hammer, 'exit');
  });
  await withFolder(async (folder) => {
    const argument = JSON.stringify({ root, folder, disk: false, hammer: true });
    const hammer = fork(fileURLToPath(import.meta.url), [argument]);
    await once(hammer, 'message');
    note('no disk tier, hammered', await inOneProcess({ root, folder }));
    hammer.kill('SIGKILL');
    await once(hammer, 'exit');
  });
  return found;
};
