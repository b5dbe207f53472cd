import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['{src,client,migrations,scripts,test}/**/*.test.ts', 'console/src/**/*.test.{ts,tsx}'],
    environment: 'node',
    pool: 'forks',
    maxWorkers: Math.min(4, Math.max(2, availableParallelism())),
    globalSetup: ['test/support/global-setup.ts'],
    // Generous, because a time-out is not an assertion: two busy cores must not make a test fail.
    testTimeout: 60_000,
    hookTimeout: 90_000,
    teardownTimeout: 30_000,
    restoreMocks: true,
    unstubEnvs: true,
  },
});
