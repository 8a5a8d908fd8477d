import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // Two cores on the smallest machine: more workers only make every test slower.
    maxWorkers: 2,
    // Tests that mostly wait run beside each other in their file.
    maxConcurrency: 3,
    // Explorers play thousands of histories in one test, and the machine may be busy.
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
});
