import { type BuildOptions, build, type Metafile } from 'esbuild';
import { joinChunks } from './bundle/join_chunks.ts';
import { lateJsonWebToken } from './bundle/late_json_web_token.ts';
import { lateMappers } from './bundle/late_mappers.ts';
import { lateModules } from './bundle/late_modules.ts';
import { withoutChecksums } from './bundle/without_checksums.ts';

/** How everything that ships, or is measured as it ships, is bundled. */
export const COMMON: BuildOptions = {
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
  // For listing blobs as Arrow, which nobody here asks for: a seventh of what a cold start would have to read.
  external: ['apache-arrow'],
  // It has one registry; its two builds, one for import and one for require, would have one each.
  alias: {
    '@azure/functions-extensions-base':
      './node_modules/@azure/functions-extensions-base/dist/azure-functions-extensions-base.js',
  },
};

/** Bundles the command line into `beaconwatch.js` of a folder, with its chunks beside it. */
export async function buildCommandLine(outdir: string, options: BuildOptions = {}): Promise<void> {
  const { metafile } = await build({
    ...COMMON,
    ...options,
    outdir,
    // Parquet is read by a process of its own.
    entryPoints: {
      beaconwatch: 'bin/beaconwatch.ts',
      'beaconwatch-parquet': 'src/reading/containers/parquet_process.ts',
    },
    // Only the commands that need the storage clients load them.
    splitting: true,
    chunkNames: 'beaconwatch-[name]-[hash]',
    plugins: [lateModules, lateMappers, lateJsonWebToken],
    metafile: true,
  });
  await joinChunks(metafile, 'bin/beaconwatch.ts', ['bin/main.ts', 'src/cli/score_command.ts'], outdir, {
    ...COMMON,
    ...options,
  });
  await buildReader(outdir, options);
}

/** The program of a thread that reads files, without the rest of the command line: a thread loads all of it when it starts. */
async function buildReader(outdir: string, options: BuildOptions): Promise<void> {
  await build({
    ...COMMON,
    ...options,
    outdir,
    entryPoints: { 'beaconwatch-reader': 'src/cli/read_worker.ts' },
    splitting: true,
    chunkNames: 'beaconwatch-reader-[name]-[hash]',
    plugins: [lateModules],
  });
}

/**
 * Bundles the functions into `functions.js` of a folder, with its chunks beside it: what answers requests and writes messages is
 * loaded with the first of them. The worker of the host provides the core itself.
 *
 * Without white space, but in short lines and with all names, so that a stack names a function and a place.
 */
export async function buildFunctions(outdir: string, options: BuildOptions = {}): Promise<Metafile> {
  const { metafile } = await build({
    ...COMMON,
    ...options,
    outdir,
    entryPoints: { functions: 'functions/index.ts' },
    external: [...(COMMON.external ?? []), '@azure/functions-core'],
    splitting: true,
    chunkNames: 'functions-[name]-[hash]',
    minifyWhitespace: true,
    lineLimit: 100,
    plugins: [lateModules, lateMappers, lateJsonWebToken, withoutChecksums],
    metafile: true,
  });
  return metafile;
}
