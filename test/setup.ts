// Caches of a test file, and of the processes that it starts, keep their disk tier in a folder of its own.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';

const folder = mkdtempSync(join(tmpdir(), 'ebbcache-test-cache-'));
process.env.XDG_CACHE_HOME = folder;
process.env.LOCALAPPDATA = folder;

afterAll(() => rmSync(folder, { recursive: true, force: true }));
