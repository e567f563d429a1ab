/** Bundles what runs into dist/: one file each, since hundreds of small ones are what a cold start waits for. */
import { rm } from 'node:fs/promises';
import { type BuildOptions, build } from 'esbuild';

const common: BuildOptions = {
  outdir: 'dist',
  bundle: true,
  platform: 'node',
  format: 'esm',
  target: 'node22',
  sourcemap: true,
  legalComments: 'linked',
  logLevel: 'warning',
  // Packages that are CommonJS ask for `require`, which an ES module does not have: a bundle without it builds, and dies
  // at its start. The name must not collide with theirs.
  banner: {
    js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);",
  },
  // It has one registry; its two builds, one for import and one for require, would have one each.
  alias: {
    '@azure/functions-extensions-base':
      './node_modules/@azure/functions-extensions-base/dist/azure-functions-extensions-base.js',
  },
};

await rm('dist', { recursive: true, force: true });
await build({ ...common, entryPoints: { beaconwatch: 'src/cli/main.ts' } });
// The worker of the host provides the core itself.
await build({ ...common, entryPoints: { functions: 'functions/index.ts' }, external: ['@azure/functions-core'] });
