import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { COMMON } from '../scripts/bundle.ts';
import { type Bench, outcomeOf, rounds, valuesOf } from './harness/bench.ts';
import { builtBundles } from './harness/bundles.ts';
import { inputOf } from './harness/input.ts';
import type { Contestant } from './harness/interleave.ts';
import { measureProcess, type ProcessRun } from './harness/process.ts';
import { pairedRatio } from './harness/statistics.ts';

/**
 * From the start of the worker's process to all functions registered; and a whole run of `score` on one small file, most of
 * which is the start. Size has no meaning here.
 */
export const bench: Bench = {
  name: 'start',
  full: { size: 1, rounds: 25 },
  async run({ rounds: count }) {
    const { functions: bundle, cli } = builtBundles();
    const oneFile = oneFileOf(cli);
    const imported = await unbundledFunctions('esm');
    const required = await unbundledFunctions('cjs');
    const measured = await rounds(
      [
        { name: BARE, run: async () => numbersOf(await measure(['--eval', '0'])) },
        { name: BUNDLED, run: () => measureFunctions(bundle) },
        { name: IMPORTED, run: () => measureFunctions(imported) },
        { name: REQUIRED, run: () => measureFunctions(required) },
        { name: ONE_FILE, run: async () => numbersOf(await measure(oneFile)) },
      ] satisfies Contestant[],
      count,
      2,
    );
    const netOf = (name: string) => {
      const bare = valuesOf(measured, BARE, 'wallMs');
      return valuesOf(measured, name, 'wallMs').map((wallMs, round) => wallMs - (bare[round] as number));
    };
    const against = (name: string, atMost: number) =>
      outcomeOf(pairedRatio(netOf(BUNDLED), netOf(name)), 'of its wall time', { atMost });
    return {
      work: {},
      measured,
      outcomes: {
        'bundled against unbundled and imported, both less bare Node': against(IMPORTED, 0.41),
        'bundled against unbundled and required, both less bare Node': against(REQUIRED, 0.38),
        'score of one file of 10 MB against bare Node': outcomeOf(
          pairedRatio(valuesOf(measured, ONE_FILE, 'wallMs'), valuesOf(measured, BARE, 'wallMs')),
          'of its wall time',
          { atMost: 2 },
        ),
      },
    };
  },
};

const BARE = 'bare Node';
const BUNDLED = 'the bundle that is deployed';
const IMPORTED = 'the same code, its packages not bundled, imported';
const REQUIRED = 'the same code, its packages not bundled, required';

const ONE_FILE = 'beaconwatch score, one file of 10 MB';
const ONE_FILE_BYTES = 10e6;

/** Without settings that ask for more (test/bundle). */
const FUNCTIONS = 7;

/** Loads functions as the Node worker does, with a stub of its core module. */
const LOADER = fileURLToPath(new URL('../test/support/bundle/record.mjs', import.meta.url));

/**
 * Our own code in one file, and the packages where npm has put them: what a deployment without the bundler would load; as ES
 * modules, or as CommonJS, which Node loads faster.
 */
async function unbundledFunctions(format: 'esm' | 'cjs'): Promise<string> {
  const outfile = fileURLToPath(
    new URL(`../.local/bench/unbundled.${format === 'esm' ? 'mjs' : 'cjs'}`, import.meta.url),
  );
  const entryPoints = [fileURLToPath(new URL('../functions/index.ts', import.meta.url))];
  const banner = format === 'esm' ? COMMON.banner : {};
  await build({ ...COMMON, entryPoints, outfile, format, packages: 'external', ...(banner && { banner }) });
  return outfile;
}

/** Arguments of `score` on a file of the exports of one device, which it is about half of. */
function oneFileOf(cli: string): string[] {
  const { folder, files, now } = inputOf(1);
  const path = `${folder}-one.json`;
  const bytes = Buffer.concat(files.map((file) => readFileSync(file)));
  writeFileSync(path, bytes.subarray(0, bytes.lastIndexOf('\n', ONE_FILE_BYTES) + 1));
  return [cli, 'score', path, '--now', now, '--format', 'json'];
}

/** Loads functions. Throws where fewer register than the bundle tests say. */
async function measureFunctions(path: string) {
  const { stdout, ...taken } = await measure([LOADER, path]);
  const { functions } = JSON.parse(stdout) as { functions: readonly unknown[] };
  if (functions.length < FUNCTIONS) throw new Error(`${path}: ${functions.length} functions in place of ${FUNCTIONS}`);
  return numbersOf(taken);
}

async function measure(args: readonly string[]) {
  return await measureProcess({
    kind: 'node',
    args,
    env: { AzureWebJobsStorage__accountName: 'example', FUNCTIONS_WORKER_RUNTIME: 'node' },
  });
}

function numbersOf({ wallMs, cpuMs, peakMb }: Pick<ProcessRun, 'wallMs' | 'cpuMs' | 'peakMb'>) {
  return { wallMs, cpuMs, peakMb };
}
