import { createRequire } from 'node:module';
import { availableParallelism, loadavg } from 'node:os';
import { defineConfig } from 'vitest/config';

/** How many times longer a test may take than on an idle machine: a busy one is slow, and no reason for a red run. */
const patience = Math.min(10, Math.max(3, Math.ceil(loadavg()[0] ?? 0) / availableParallelism()));

const shared = {
  // The results may not depend on the time zone of the machine.
  env: { TZ: 'America/Los_Angeles' },
  testTimeout: 30_000 * patience,
  hookTimeout: 60_000 * patience,
};
// With an emulator, processes and a browser: only what hangs is to end here.
const emulator = {
  testTimeout: 600_000,
  hookTimeout: 600_000,
  globalSetup: ['test/support/node_version.ts', 'test/support/azurite.ts'],
};

export default defineConfig({
  test: {
    // Also on two cores, where the default is one.
    maxWorkers: '100%',
    coverage: {
      provider: 'v8',
      include: ['src/**/*.ts'],
      reporter: ['text-summary', 'html', 'json-summary'],
      // What the unit tests reach today (npm run coverage): raise them when they rise.
      thresholds: { statements: 87, branches: 82, functions: 84, lines: 88 },
    },
    projects: [
      {
        test: {
          ...shared,
          name: 'unit',
          include: ['test/unit/**/*.test.ts'],
          globalSetup: ['test/support/node_version.ts'],
          pool: 'threads',
          // Modules are loaded once per worker, not once per file: unit tests leave no state behind in a module.
          isolate: false,
          // The build that the bundle has: the one for `import` exports nothing by name.
          alias: {
            '@azure/functions-extensions-base': createRequire(import.meta.url).resolve(
              '@azure/functions-extensions-base',
            ),
          },
        },
      },
      { test: { ...shared, ...emulator, name: 'integration', include: ['test/integration/**/*.test.ts'] } },
      { test: { ...shared, ...emulator, name: 'e2e', include: ['test/e2e/**/*.test.ts'] } },
    ],
  },
});
