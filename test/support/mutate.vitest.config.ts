import { defineConfig } from 'vitest/config';

/** The tests that mutants of src/core have to survive: core's own, which need no storage emulator and no files. */
export default defineConfig({
  test: {
    include: ['test/unit/core/**/*.test.ts'],
    env: { TZ: 'America/Los_Angeles', LONG: '1' },
  },
});
