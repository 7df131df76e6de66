#!/usr/bin/env node
import { whyNotOn } from '../node-version.js';

const reason = whyNotOn(process.versions.node);
if (reason === undefined) {
  await import('./program.js');
} else {
  console.error(reason);
  process.exitCode = 1;
}
