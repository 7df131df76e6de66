import type { MemorySummary } from '../memory/memory-pressure-monitor.js';
import type { MemoryStats, PsiAverages } from '../memory/memory-stats.js';
import { formatRows } from './rows.js';

export type MemoryReport = MemorySummary & Pick<MemoryStats, 'psi' | 'cgroupPsi' | 'swap'>;

/** A block of readable lines, followed by an empty one. */
export function formatMemory(report: MemoryReport): string {
  const { system, process: own, thresholds, psi, cgroupPsi, swap } = report;
  const { normal, elevated, high, critical } = thresholds;
  const rows: [string, string][] = [
    ['time', report.timestamp],
    ['level', report.pressureLevel],
    ['limited by', report.limitedBy],
    ['total', mib(system.totalMb)],
    ['used', `${mib(system.usedMb)} (${percent(system.percent)})`],
    ['available', mib(system.availableMb)],
    ['this process', `${mib(own.rssMb)} resident, ${mib(own.vmsMb)} virtual`],
    ['thresholds', [normal, elevated, high, critical].map(percent).join(', ')],
    ['to free', mib(report.evictionTargetMb)],
  ];
  if (swap) rows.push(['swapped', `${mib(swap.usedMb)} of ${mib(swap.totalMb)}`]);
  if (psi) rows.push(['stalled (10 s)', stalls(psi)]);
  if (cgroupPsi) rows.push(['cgroup stalled', stalls(cgroupPsi)]);
  return `${formatRows(rows)}\n`;
}

function stalls({ someAvg10, fullAvg10 }: PsiAverages): string {
  return `some ${percent(someAvg10)}, full ${percent(fullAvg10)}`;
}

function mib(value: number): string {
  return `${value.toFixed(1)} MiB`;
}

function percent(value: number): string {
  return `${value.toFixed(1)} %`;
}
