import { defineConfig } from 'vitest/config';
import base from '../vitest.config.ts';

/** The tests that mutants of src/core have to survive: core's own, which touch neither network nor disk. */
export default defineConfig({ test: { ...base.test, include: ['test/core/**/*.test.ts'] } });
