// Runs a thread with a cache of metadata of its own, which executes the commands that it receives.

import { parentPort, workerData } from 'node:worker_threads';

const { AdvancedMetadataCache } = await import(workerData.packageUrl);
const cache = new AdvancedMetadataCache(workerData.options);

const commands = {
  /** The number of files that this thread extracted. */
  async fetchAll(files) {
    let extractions = 0;
    const extract = async (file) => {
      extractions++;
      return { file, text: 'x'.repeat(1000) };
    };
    await Promise.all(files.map((file) => cache.fetch(file, extract)));
    return extractions;
  },
  hits: (files) => files.filter((file) => cache.get(file)?.file === file).length,
  memoryHits(files) {
    const before = cache.getStats().memoryHits;
    for (const file of files) cache.get(file);
    return cache.getStats().memoryHits - before;
  },
  put(files) {
    for (const file of files) cache.put(file, { file });
  },
  stats: () => cache.getStats(),
  shutdown: () => cache.shutdown(),
};

parentPort.on('message', async ({ command, args }) => {
  parentPort.postMessage((await commands[command](...args)) ?? null);
});
