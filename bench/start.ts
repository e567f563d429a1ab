import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { COMMON } from '../scripts/bundle.ts';
import { type Bench, outcomeOf, rounds, valuesOf } from './harness/bench.ts';
import { builtBundles } from './harness/bundles.ts';
import type { Contestant } from './harness/interleave.ts';
import { measureProcess } from './harness/process.ts';
import { pairedRatio } from './harness/statistics.ts';

/** From the start of the worker's process to all functions registered; size has no meaning here. */
export const bench: Bench = {
  name: 'start',
  full: { size: 1, rounds: 25 },
  async run({ rounds: count }) {
    const bundle = builtBundles().functions;
    const unbundled = await unbundledFunctions();
    const measured = await rounds(
      [
        { name: BARE, run: () => measure(['--eval', '0']) },
        { name: BUNDLED, run: () => measure([LOADER, bundle]) },
        { name: UNBUNDLED, run: () => measure([LOADER, unbundled]) },
      ] satisfies Contestant[],
      count,
      2,
    );
    const netOf = (name: string) => {
      const bare = valuesOf(measured, BARE, 'wallMs');
      return valuesOf(measured, name, 'wallMs').map((wallMs, round) => wallMs - (bare[round] as number));
    };
    return {
      work: {},
      measured,
      outcomes: {
        'bundled against unbundled, both less bare Node': outcomeOf(
          pairedRatio(netOf(BUNDLED), netOf(UNBUNDLED)),
          'of its wall time',
          { atMost: 0.41 },
        ),
      },
    };
  },
};

const BARE = 'bare Node';
const BUNDLED = 'the bundle that is deployed';
const UNBUNDLED = 'the same code, its packages not bundled';

/** Loads functions as the Node worker does, with a stub of its core module. */
const LOADER = fileURLToPath(new URL('../test/bundle/record.mjs', import.meta.url));

/** Our own code in one file, and the packages where npm has put them: what a deployment without the bundler would load. */
async function unbundledFunctions(): Promise<string> {
  const outfile = fileURLToPath(new URL('../.local/bench/unbundled.js', import.meta.url));
  const entryPoints = [fileURLToPath(new URL('../functions/index.ts', import.meta.url))];
  await build({ ...COMMON, entryPoints, outfile, packages: 'external' });
  return outfile;
}

async function measure(args: readonly string[]) {
  const { wallMs, cpuMs, peakMb } = await measureProcess({
    kind: 'node',
    args,
    env: { AzureWebJobsStorage__accountName: 'example', FUNCTIONS_WORKER_RUNTIME: 'node' },
  });
  return { wallMs, cpuMs, peakMb };
}
