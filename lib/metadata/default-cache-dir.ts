import { homedir } from 'node:os';
import { join } from 'node:path';

/** The folder of the disk tier if no option names one; undefined for a user without a home. */
export function defaultCacheDir(): string | undefined {
  const { XDG_CACHE_HOME, LOCALAPPDATA } = process.env;
  try {
    if (process.platform === 'win32' && LOCALAPPDATA) {
      return join(LOCALAPPDATA, 'ebbcache', 'Cache');
    }
    if (process.platform === 'darwin') return join(homedir(), 'Library', 'Caches', 'ebbcache');
    return join(XDG_CACHE_HOME || join(homedir(), '.cache'), 'ebbcache');
  } catch {
    return undefined;
  }
}
