import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Creates a folder, which the caller removes. */
export function makeTempFolder(): string {
  return mkdtempSync(join(tmpdir(), 'ebbcache-test-'));
}

/** Runs `use` with a new folder, which is removed afterwards. */
export async function withTempFolder<T>(use: (folder: string) => Promise<T>): Promise<T> {
  const folder = makeTempFolder();
  try {
    return await use(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
