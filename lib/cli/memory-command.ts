import { setTimeout as sleep } from 'node:timers/promises';
import { MemoryPressureMonitor } from '../memory/memory-pressure-monitor.js';
import { ExitCode } from './exit-codes.js';
import { interruptible } from './interrupt.js';
import { formatMemory } from './memory-format.js';
import { toNdjsonLine } from './ndjson.js';
import { Stdout } from './stdout.js';

export interface MemoryFlags {
  watch?: boolean;
  /** Seconds. */
  interval: number;
  json?: boolean;
}

/** Runs `ebbcache memory` and returns its exit code. */
export async function runMemory({ watch, interval, json }: MemoryFlags): Promise<number> {
  const interrupt = interruptible();
  const stdout = new Stdout(interrupt.signal);
  const { signal } = stdout;
  // The command makes its own monitor, which samples only on request, because it needs no history.
  const monitor = new MemoryPressureMonitor();
  try {
    do {
      const { psi, cgroupPsi, swap } = monitor.sample();
      const report = { ...monitor.getSummary(), psi, cgroupPsi, swap };
      await stdout.write(json ? toNdjsonLine(report) : formatMemory(report));
      if (watch) await sleep(interval * 1000, undefined, { signal });
    } while (watch);
  } catch (error) {
    if (!signal.aborted) throw error;
  }
  if (interrupt.exitCode !== undefined) return interrupt.exitCode;
  return stdout.failed ? ExitCode.failed : ExitCode.ok;
}
