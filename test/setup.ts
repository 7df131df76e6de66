// The name of a test is a sentence with a subject: a `describe` names the subject, and each `it` in it goes on
// with the verb; an `it` by itself has both. EBBCACHE_FULL=1 runs tests at their full size (helpers/full-size.ts),
// and EBBCACHE_TEST_SEED repeats random choices (helpers/test-seed.ts).

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';

// Each test file and the processes that it starts have a folder of their own for disk tiers.
const folder = mkdtempSync(join(tmpdir(), 'ebbcache-test-cache-'));
process.env.XDG_CACHE_HOME = folder;
process.env.LOCALAPPDATA = folder;

afterAll(() => rmSync(folder, { recursive: true, force: true }));
