// Runs a process of a chaos run, with several caches in threads of their own, and passes their messages on.

import { Worker } from 'node:worker_threads';

const SAMPLE_MS = 200;
const { names, own, seed, ...rest } = JSON.parse(process.argv[2]);

/** Nobody listens after the end. */
const tell = (message) => process.connected && process.send(message);

const workers = own.map((name, i) => {
  const workerData = { ...rest, names, name, seed: seed * 1000 + i };
  const worker = new Worker(new URL('chaos-worker.mjs', import.meta.url), {
    workerData,
    resourceLimits: { maxOldGenerationSizeMb: 48, maxYoungGenerationSizeMb: 4 },
  });
  worker.on('message', tell);
  worker.on('error', (error) => tell({ violation: `${name}: ${error?.stack ?? error}` }));
  return worker;
});

const sampling = setInterval(
  () => tell({ rss: process.memoryUsage.rss(), pid: process.pid }),
  SAMPLE_MS,
);

process.on('message', (message) => {
  for (const worker of workers) worker.postMessage(message);
  if (message !== 'exit') return;
  clearInterval(sampling);
  process.disconnect();
});
