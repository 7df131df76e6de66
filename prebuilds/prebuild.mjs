#!/usr/bin/env node
// Replaces node-gyp when prebuildify calls it: `prebuild.mjs rebuild --target=... --release` must
// leave the addon in build/Release. cmake-js builds it, without tests and benchmarks.

import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';

const cmakeJs = createRequire(import.meta.url).resolve('cmake-js/bin/cmake-js');
const { status } = spawnSync(
  process.execPath,
  [cmakeJs, 'rebuild', '--out', 'build', '--CDEBBCACHE_TESTS=OFF', '--CDEBBCACHE_BENCH=OFF'],
  { stdio: 'inherit' },
);
process.exitCode = status ?? 1;
