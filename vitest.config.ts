import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // Native addons and process-wide state: one process a file.
    pool: 'forks',
    // Most tests wait for a process, a server or a clock, so one more than there are processors.
    maxWorkers: availableParallelism() + 1,
    setupFiles: ['test/setup.ts'],
    testTimeout: 60_000,
  },
});
