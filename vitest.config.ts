import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: ['test/support/node_version.ts', 'test/support/azurite.ts'],
    // The answers may not depend on where the machine stands.
    env: { TZ: 'America/Los_Angeles' },
    // Also on two cores, where the default is one.
    maxWorkers: '100%',
    testTimeout: 30_000,
    hookTimeout: 60_000,
  },
});
