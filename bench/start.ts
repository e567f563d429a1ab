import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { COMMON } from '../scripts/bundle.ts';
import { type Bench, outcomeOf, rounds, valuesOf } from './harness/bench.ts';
import { builtBundles } from './harness/bundles.ts';
import type { Contestant } from './harness/interleave.ts';
import { measureProcess, type ProcessRun } from './harness/process.ts';
import { pairedRatio } from './harness/statistics.ts';

/** From the start of the worker's process to all functions registered; size has no meaning here. */
export const bench: Bench = {
  name: 'start',
  full: { size: 1, rounds: 25 },
  async run({ rounds: count }) {
    const bundle = builtBundles().functions;
    const imported = await unbundledFunctions('esm');
    const required = await unbundledFunctions('cjs');
    const measured = await rounds(
      [
        { name: BARE, run: async () => numbersOf(await measure(['--eval', '0'])) },
        { name: BUNDLED, run: () => measureFunctions(bundle) },
        { name: IMPORTED, run: () => measureFunctions(imported) },
        { name: REQUIRED, run: () => measureFunctions(required) },
      ] satisfies Contestant[],
      count,
      2,
    );
    const netOf = (name: string) => {
      const bare = valuesOf(measured, BARE, 'wallMs');
      return valuesOf(measured, name, 'wallMs').map((wallMs, round) => wallMs - (bare[round] as number));
    };
    const against = (name: string) =>
      outcomeOf(pairedRatio(netOf(BUNDLED), netOf(name)), 'of its wall time', { atMost: 0.41 });
    return {
      work: {},
      measured,
      outcomes: {
        'bundled against unbundled and imported, both less bare Node': against(IMPORTED),
        'bundled against unbundled and required, both less bare Node': against(REQUIRED),
      },
    };
  },
};

const BARE = 'bare Node';
const BUNDLED = 'the bundle that is deployed';
const IMPORTED = 'the same code, its packages not bundled, imported';
const REQUIRED = 'the same code, its packages not bundled, required';

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
