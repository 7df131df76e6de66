// Runs before a package is packed: without binaries in this folder, each installation would need a
// build.

import { readdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const binaries = readdirSync(here, { recursive: true }).filter((file) => file.endsWith('.node'));
if (binaries.length === 0) {
  console.error("There are no binaries in prebuilds/. Run 'npm run prebuilds' first.");
  process.exitCode = 1;
}
