import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { MemoryGroup } from '../bench/memory-group.mjs';
import { withTempFolder } from './helpers/temp-folder.js';

/** Creates a folder such as the kernel shows for a group. */
function withFiles(files: Record<string, string>, use: (group: MemoryGroup) => Promise<void>) {
  return withTempFolder(async (folder) => {
    for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
    await use(new MemoryGroup(folder));
  });
}

const textOf = (group: MemoryGroup, name: string) => readFileSync(join(group.folder, name), 'utf8');

describe('a memory group', () => {
  it('can be read and limited in version 1, with swap', async () => {
    const files = {
      'memory.limit_in_bytes': '1000\n',
      'memory.memsw.limit_in_bytes': '1000\n',
      'memory.usage_in_bytes': '700\n',
      'memory.max_usage_in_bytes': '900\n',
      'memory.oom_control': 'oom_kill_disable 0\nunder_oom 0\noom_kill 2\n',
      'memory.stat': 'cache 1\ninactive_file 2\ntotal_cache 300\ntotal_inactive_file 200\n',
    };
    await withFiles(files, async (group) => {
      expect(group.limitBytes).toBe(1000);
      expect(group.usedBytes()).toBe(500);
      expect(group.cacheBytes()).toBe(300);
      expect(group.peakBytes()).toBe(900);
      expect(group.oomKills()).toBe(2);
      await group.setLimit(2000);
      expect(textOf(group, 'memory.limit_in_bytes')).toBe('2000');
      expect(textOf(group, 'memory.memsw.limit_in_bytes')).toBe('2000');
    });
  });

  it('can be read and limited in version 2, also on an older kernel without a peak', async () => {
    const files = {
      'memory.max': '1000\n',
      'memory.current': '700\n',
      'memory.events': 'low 0\nhigh 1\nmax 9\noom 5\noom_kill 2\noom_group_kill 1\n',
      'memory.stat': 'anon 100\nfile 300\nactive_file 100\ninactive_file 200\n',
    };
    await withFiles(files, async (group) => {
      expect(group.limitBytes).toBe(1000);
      expect(group.usedBytes()).toBe(500);
      expect(group.cacheBytes()).toBe(300);
      expect(group.peakBytes()).toBeNaN();
      expect(group.oomKills()).toBe(2);
      await group.setLimit(2000);
      expect(textOf(group, 'memory.max')).toBe('2000');
    });
  });
});
