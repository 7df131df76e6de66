import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // Native addons and process-wide state: one process a file.
    pool: 'forks',
    setupFiles: ['test/setup.ts'],
    testTimeout: 60_000,
  },
});
