#!/usr/bin/env node
import { whyNotOn } from '../process/node-version.js';

const reason = whyNotOn(process.versions.node);
if (reason === undefined) {
  await import('./program.js');
} else {
  console.error(reason);
  process.exitCode = 1;
}
