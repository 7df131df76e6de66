// Tests a user without a home folder, such as a number without a name in a container.

import { join } from 'node:path';
import { expect, it, vi } from 'vitest';
import { EnhancedMetadataCache } from '../lib/index.js';
import { withTempFolder } from './helpers/temp-folder.js';

vi.mock('node:os', async (original) => ({
  ...(await original<typeof import('node:os')>()),
  homedir() {
    throw new Error('uv_os_homedir returned ENOENT');
  },
}));

it('a process without a home folder caches in memory, and on disk where a folder is given', async () => {
  vi.stubEnv('XDG_CACHE_HOME', '');
  vi.stubEnv('LOCALAPPDATA', '');
  const logger = { debug: vi.fn(), info: vi.fn(), warn: vi.fn(), error: vi.fn() };
  await withTempFolder(async (folder) => {
    using homeless = new EnhancedMetadataCache({ logger });
    const file = join(folder, 'absent.jpg');
    expect(homeless.put(file, { n: 1 })).toBe(true);
    expect(homeless.get(file)).toEqual({ n: 1 });
    expect(homeless.getDetailedInfo().diskCache).toMatchObject({ enabled: false, path: '' });
    expect(logger.warn).toHaveBeenCalledTimes(1);
    using housed = new EnhancedMetadataCache({ cacheDir: folder, logger });
    housed.put(file, { n: 2 });
    expect(await housed.flush()).toBe(true);
    expect(logger.warn).toHaveBeenCalledTimes(1);
    const emitWarning = vi.spyOn(process, 'emitWarning').mockImplementation(() => {});
    using unheard = new EnhancedMetadataCache();
    expect(unheard.put(file, { n: 3 })).toBe(true);
    expect(emitWarning.mock.calls).toEqual([
      [
        'There is no disk tier, because this user has no home. Give a cacheDir.',
        { type: 'EbbcacheWarning', code: 'EBBCACHE_NO_HOME' },
      ],
    ]);
    emitWarning.mockRestore();
  });
});
