import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Returns a monitor at 20 Hz of a made-up machine (see FakeMemory), whose level alternates between HIGH and
 * NORMAL with each sample except the first.
 *
 * @param {typeof import('../../dist/index.js')} ebbcache
 * @param {{ procRoot: string, cgroupRoot: string }} machine One that no other monitor swings.
 */
export function swingingMonitor({ MemoryPressureMonitor }, { procRoot, cgroupRoot }) {
  const monitor = new MemoryPressureMonitor({ sampleIntervalSeconds: 0.05, procRoot, cgroupRoot });
  const meminfo = join(procRoot, 'meminfo');
  const text = readFileSync(meminfo, 'utf8');
  let isTight = false;
  monitor.on('sample', () => {
    isTight = !isTight;
    const line = `MemAvailable: ${isTight ? 100_000 : 500_000} kB`;
    // The file is written in place and with the same length, because the monitor has it open.
    writeFileSync(meminfo, text.replace(/MemAvailable: \d+ kB/, line), { flag: 'r+' });
  });
  return monitor;
}
