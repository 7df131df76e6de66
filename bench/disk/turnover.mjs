// The size of a disk tier's files beside their payload, after ten times as many bytes were put as fit.

import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { inChild } from '../child.mjs';
import { packageIn } from '../versions.mjs';
import { withFolder } from './records.mjs';

const MAX_MB = 64;
const MIB = 1024 ** 2;
const VALUE_BYTES = 4000;

export const measureTurnover = inChild(import.meta.url, ({ root }) =>
  withFolder(async (folder) => {
    const { AdvancedMetadataCache } = await packageIn(root);
    const cacheDir = join(folder, 'cache');
    const cache = new AdvancedMetadataCache({
      cacheDir,
      maxDiskSizeMb: MAX_MB,
      maxMemoryMb: 1,
      maxMemoryEntries: 64,
      validate: 'none',
    });
    const text = 'x'.repeat(VALUE_BYTES);
    const puts = (10 * MAX_MB * MIB) / VALUE_BYTES;
    for (let i = 0; i < puts; i++) {
      cache.put(`/some/folder/with/files/${i}`, { text });
      if (i % 500 === 499) await cache.flush();
    }
    await cache.flush();
    const { diskEntries } = cache.getStats();
    const bytes = readdirSync(cacheDir)
      .map((name) => statSync(join(cacheDir, name)).size)
      .reduce((sum, size) => sum + size, 0);
    cache.shutdown();
    // An entry's payload is its key, state, times and text.
    const payload = diskEntries * (VALUE_BYTES + 40 + 36 + 10);
    return {
      'bytes of files / bytes of entries': [bytes / payload],
      'MiB of files': [bytes / MIB],
    };
  }),
);
