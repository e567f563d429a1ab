/**
 * Bundles what runs into dist/, or into the folder that is named: few files, since hundreds of small ones are what a
 * cold start waits for.
 */
import { rm } from 'node:fs/promises';
import { type BuildOptions, build } from 'esbuild';

const outdir = process.argv[2] ?? 'dist';

const common: BuildOptions = {
  outdir,
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

await rm(outdir, { recursive: true, force: true });
// Split: only the commands that need them load the clients of storage. The pieces stay beside it, for what they look
// for beside themselves.
await build({
  ...common,
  entryPoints: { beaconwatch: 'src/cli/main.ts' },
  splitting: true,
  chunkNames: 'beaconwatch-[name]-[hash]',
});
// The worker of the host provides the core itself.
await build({ ...common, entryPoints: { functions: 'functions/index.ts' }, external: ['@azure/functions-core'] });
