import { MemoryPressureMonitor } from './memory-pressure-monitor.js';

let globalMonitor: MemoryPressureMonitor | undefined;

/**
 * The monitor that all who need no thresholds of their own share, with default options; one per
 * process, or rather per thread of JavaScript. Started on first use and again after
 * shutdownMonitoring(); it never keeps the process alive. One that was stopped by
 * stopMonitoring() is returned as it is.
 */
export function getGlobalMonitor(): MemoryPressureMonitor {
  if (globalMonitor === undefined) {
    globalMonitor = new MemoryPressureMonitor();
    globalMonitor.startMonitoring();
  }
  return globalMonitor;
}

/** Stops and drops the global monitor; the next getGlobalMonitor() makes a new one. */
export function shutdownMonitoring(): void {
  globalMonitor?.stopMonitoring();
  globalMonitor = undefined;
}
