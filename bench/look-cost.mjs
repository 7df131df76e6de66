// The cost of one sample of memory.

import { freemem } from 'node:os';
import { inChild } from './child.mjs';
import { MemoryGroup } from './memory-group.mjs';
import { median } from './statistics.mjs';
import { packageIn } from './versions.mjs';

export const LOOKS_A_ROUND = 200;

const nodeLooks = {
  'os.freemem()': freemem,
  // This function is newer than the oldest Node that ebbcache supports.
  'process.availableMemory()': process.availableMemory,
  'process.memoryUsage.rss()': process.memoryUsage.rss,
  'process.memoryUsage()': process.memoryUsage,
};

/**
 * Resolves to microseconds by sample: for each round the median of its samples. It measures in the
 * memory group, if there is one, with the package in `root`.
 */
export const timeLooks = inChild(import.meta.url, async ({ rounds, folder, root }) => {
  if (folder !== undefined) new MemoryGroup(folder).enter(process.pid);
  const { MemoryPressureMonitor } = await packageIn(root);
  const monitor = new MemoryPressureMonitor();
  const looks = { 'monitor.sample()': () => monitor.sample(), ...nodeLooks };
  const known = Object.entries(looks).filter(([, look]) => look !== undefined);
  const times = Object.fromEntries(known.map(([name]) => [name, []]));
  // The first round compiles the code, and is not kept.
  for (const [, look] of known) timeRound(look);
  for (let round = 0; round < rounds; round++) {
    for (const [name, look] of known) times[name].push(timeRound(look));
  }
  return times;
});

function timeRound(look) {
  const times = [];
  for (let i = 0; i < LOOKS_A_ROUND; i++) {
    const from = process.hrtime.bigint();
    look();
    times.push(Number(process.hrtime.bigint() - from) / 1000);
  }
  return median(times);
}
