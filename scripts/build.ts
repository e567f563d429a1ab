/**
 * Bundles what runs into dist/, or into the folder that is named: few files, since hundreds of small ones are what a
 * cold start waits for.
 */
import { rm } from 'node:fs/promises';
import { build } from 'esbuild';
import { buildFunctions, COMMON } from './bundle.ts';

const outdir = process.argv[2] ?? 'dist';

await rm(outdir, { recursive: true, force: true });
// Split: only the commands that need them load the clients of storage. The pieces stay beside it, for what they look
// for beside themselves.
await build({
  ...COMMON,
  outdir,
  entryPoints: { beaconwatch: 'bin/beaconwatch.ts' },
  splitting: true,
  chunkNames: 'beaconwatch-[name]-[hash]',
});
await buildFunctions(outdir);
