// The duration of a hit on disk in a memory group that is much smaller than the file: most reads miss the
// page cache. Records are read in random order. It fails where no group can be made.

import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { inChild } from '../child.mjs';
import { MemoryGroup, whyNoGroup } from '../memory-group.mjs';
import { packageIn } from '../versions.mjs';
import { fill, MANY, manyOptions, manyPaths, withFolder } from './records.mjs';

const GETS = 2000;
const GROUP_MIB = 192;
const MIB = 1024 ** 2;

const fillAll = inChild(import.meta.url, async ({ root, folder }) => {
  const { AdvancedMetadataCache } = await packageIn(root);
  const cache = new AdvancedMetadataCache(manyOptions(folder));
  await fill(cache, manyPaths);
  cache.shutdown();
  return 0;
});

async function readSome(root, folder) {
  const { AdvancedMetadataCache } = await packageIn(root);
  const cache = new AdvancedMetadataCache(manyOptions(folder));
  const get = (i) => cache.get(manyPaths[(i * 54_773) % MANY]);
  for (let i = 0; i < 100; i++) get(i);
  const times = Float64Array.from({ length: GETS }, (_, i) => {
    const begun = performance.now();
    if (get(i + 100) === undefined) throw new Error('A record was lost.');
    return (performance.now() - begun) * 1000;
  }).sort();
  cache.shutdown();
  console.log(JSON.stringify([times[GETS >> 1], times[Math.floor(GETS * 0.99)]]));
}

/** Drops the pages that the fill left in the page cache, because they are charged to another group. */
function dropFromPageCache(folder) {
  for (const name of readdirSync(folder)) {
    spawnSync('dd', [`if=${join(folder, name)}`, 'iflag=nocache', 'count=0']);
  }
}

export const measureInGroup = ({ root }) =>
  withFolder(async (folder) => {
    const why = whyNoGroup();
    if (why !== undefined) throw new Error(`There is ${why}.`);
    await fillAll({ root, folder });
    dropFromPageCache(manyOptions(folder).cacheDir);
    const group = MemoryGroup.create(GROUP_MIB * MIB);
    try {
      const script = fileURLToPath(import.meta.url);
      const reader = group.spawn(
        process.execPath,
        ['--max-old-space-size=64', script, 'read', root, folder],
        { stdio: ['ignore', 'pipe', 'inherit'] },
      );
      let out = '';
      reader.stdout.on('data', (chunk) => {
        out += chunk;
      });
      const [status] = await once(reader, 'close');
      if (status !== 0) throw new Error(`The reader ended with ${status}.`);
      const [median, p99] = JSON.parse(out);
      return { 'hit in a 192 MiB group, us': [median], 'its p99, us': [p99] };
    } finally {
      await group.remove();
    }
  });

if (process.argv[2] === 'read') await readSome(process.argv[3], process.argv[4]);
