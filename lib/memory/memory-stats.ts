import { type NativeReadings, Reading } from '../native/sampler.js';
import type { PressureLevel } from './pressure-level.js';

/** One sample. Sizes are in MiB and may be fractions; percentages are 0 to 100. */
export interface MemoryStats {
  /** When the sample was taken. */
  timestamp: Date;
  /** Resident memory of this process. */
  processRssMb: number;
  /** Virtual memory of this process, including memory that is only reserved. */
  processVmsMb: number;
  /** RSS as a percentage of the effective limit. */
  processPercent: number;
  /** Available memory within the effective limit: the tighter of the machine and the memory cgroup. */
  systemAvailableMb: number;
  /** The effective limit. */
  systemTotalMb: number;
  /**
   * Used memory, which the kernel cannot reclaim on demand, in % of the effective limit. See
   * docs/pressure.md.
   */
  systemPercent: number;
  /** Which of the two is the effective limit. */
  limitedBy: 'system' | 'cgroup';
  /**
   * Pressure stall information of the kernel, where it has it: the share of the last 10 s, in %, in which
   * some or all tasks waited for memory.
   */
  psi?: PsiAverages;
  /** Pressure stall information of the process's own memory cgroup (v2), where there is one. */
  cgroupPsi?: PsiAverages;
  /**
   * The size and the used part of the swap, where the system reports it: of the machine or of the cgroup,
   * whichever has less room for it.
   */
  swap?: { totalMb: number; usedMb: number };
  /** The level, by the thresholds of the monitor. */
  pressureLevel: PressureLevel;
}

/** Shares of the last 10 s, in %. */
export interface PsiAverages {
  /** The share in which at least one task waited for memory. */
  someAvg10: number;
  /** The share in which all tasks that were not idle waited for memory. */
  fullAvg10: number;
}

const bytesPerMb = 1024 * 1024;

export function toMb(bytes: number): number {
  return bytes / bytesPerMb;
}

export function statsOf(readings: NativeReadings, timestamp: Date): MemoryStats {
  const total = readings[Reading.total];
  const processRss = readings[Reading.processRss];
  const stats: MemoryStats = {
    timestamp,
    processRssMb: toMb(processRss),
    processVmsMb: toMb(readings[Reading.processVirtual]),
    processPercent: (processRss / total) * 100,
    systemAvailableMb: toMb(readings[Reading.available]),
    systemTotalMb: toMb(total),
    systemPercent: readings[Reading.percent],
    limitedBy: readings[Reading.groupBound] === 1 ? 'cgroup' : 'system',
    pressureLevel: readings[Reading.level] as PressureLevel,
  };
  const psi = psiOf(readings[Reading.psiSome], readings[Reading.psiFull]);
  if (psi) stats.psi = psi;
  const cgroupPsi = psiOf(readings[Reading.groupPsiSome], readings[Reading.groupPsiFull]);
  if (cgroupPsi) stats.cgroupPsi = cgroupPsi;
  const swapTotal = readings[Reading.swapTotal];
  if (!Number.isNaN(swapTotal)) {
    stats.swap = { totalMb: toMb(swapTotal), usedMb: toMb(readings[Reading.swapUsed]) };
  }
  return stats;
}

function psiOf(someAvg10: number, fullAvg10: number): PsiAverages | undefined {
  return Number.isNaN(someAvg10) ? undefined : { someAvg10, fullAvg10 };
}
