import { MemoryPressureMonitor } from './memory-pressure-monitor.js';

let globalMonitor: MemoryPressureMonitor | undefined;

/**
 * Returns the monitor, with default options, for all callers that need no thresholds of their own. There is
 * one for each thread of JavaScript.
 *
 * It is started on first use and again after shutdownMonitoring(); it never keeps the process alive. A
 * monitor that was stopped by stopMonitoring() is returned as it is.
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
