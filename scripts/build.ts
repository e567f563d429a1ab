/**
 * Bundles what runs into dist/, or into the folder that is named: few files, since hundreds of small ones are what a
 * cold start waits for.
 */
import { rm } from 'node:fs/promises';
import { buildCommandLine, buildFunctions } from './bundle.ts';

const outdir = process.argv[2] ?? 'dist';

await rm(outdir, { recursive: true, force: true });
await buildCommandLine(outdir);
await buildFunctions(outdir);
