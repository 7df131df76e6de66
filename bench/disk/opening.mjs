// The duration of opening a disk tier of many entries in a new process: one that was closed, and one that was
// being written to when its process was killed.

import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { inChild } from '../child.mjs';
import { packageIn } from '../versions.mjs';
import { fill, withFolder } from './records.mjs';

const ENTRIES = 100_000;
const options = (folder) => ({
  cacheDir: join(folder, 'cache'),
  maxDiskSizeMb: 600,
  maxMemoryMb: 16,
  maxMemoryEntries: 64,
  validate: 'none',
});

const fillAll = inChild(import.meta.url, async ({ root, folder, kill, only }) => {
  const { AdvancedMetadataCache } = await packageIn(root);
  if (only === 'open') {
    const begun = performance.now();
    const cache = new AdvancedMetadataCache(options(folder));
    const ms = performance.now() - begun;
    if (cache.get('/file/99') === undefined) throw new Error('The records are lost.');
    cache.shutdown();
    return ms;
  }
  const cache = new AdvancedMetadataCache(options(folder));
  const paths = Array.from({ length: ENTRIES }, (_, i) => `/file/${i}`);
  if (kill) {
    for (let i = 0; ; i++) {
      cache.put(paths[1000 + (i % 1000)], { i, text: 'x'.repeat(4000) });
      if (i % 100 === 0) await new Promise((resolve) => setImmediate(resolve));
      if (i === 1000) process.send({ ready: true });
    }
  }
  await fill(cache, paths);
  cache.shutdown();
  return 0;
});

export async function measureOpening({ root }) {
  return withFolder(async (folder) => {
    await fillAll({ root, folder });
    const clean = await fillAll({ root, folder, only: 'open' });
    const child = fork(
      fileURLToPath(import.meta.url),
      [JSON.stringify({ root, folder, kill: true })],
      { execArgv: ['--expose-gc'] },
    );
    await once(child, 'message');
    child.kill('SIGKILL');
    await once(child, 'exit');
    const killed = await fillAll({ root, folder, only: 'open' });
    return { 'open, ms': [clean], 'open after SIGKILL, ms': [killed] };
  });
}
