// The cost of one sample of memory.

import { freemem } from 'node:os';
import { inChild } from './child.mjs';
import { MemoryGroup } from './memory-group.mjs';
import { median } from './statistics.mjs';
import { packageIn } from './versions.mjs';

export const SAMPLES_A_ROUND = 200;

const nodeSamples = {
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
export const timeSamples = inChild(import.meta.url, async ({ rounds, folder, root }) => {
  if (folder !== undefined) new MemoryGroup(folder).enter(process.pid);
  const { MemoryPressureMonitor } = await packageIn(root);
  const monitor = new MemoryPressureMonitor();
  const samplers = { 'monitor.sample()': () => monitor.sample(), ...nodeSamples };
  const known = Object.entries(samplers).filter(([, sample]) => sample !== undefined);
  const times = Object.fromEntries(known.map(([name]) => [name, []]));
  // The first round compiles the code, and is not kept.
  for (const [, sample] of known) timeRound(sample);
  for (let round = 0; round < rounds; round++) {
    for (const [name, sample] of known) times[name].push(timeRound(sample));
  }
  return times;
});

function timeRound(sample) {
  const times = [];
  for (let i = 0; i < SAMPLES_A_ROUND; i++) {
    const from = process.hrtime.bigint();
    sample();
    times.push(Number(process.hrtime.bigint() - from) / 1000);
  }
  return median(times);
}
