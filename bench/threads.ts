import { type Bench, outcomeOf, rounds, valuesOf } from './harness/bench.ts';
import { builtBundles } from './harness/bundles.ts';
import { inputOf, MB_PER_DEVICE } from './harness/input.ts';
import type { Contestant } from './harness/interleave.ts';
import { measureProcess } from './harness/process.ts';
import { pairedRatio } from './harness/statistics.ts';

/** The folder on which the default has several threads is of `size` MB; the others are smaller. */
const SMALLER_DEVICES = [1, 5, 21];

/** `score` with two threads against `score` with one, as whole processes, by the size of the folder. */
export const bench: Bench = {
  name: 'threads',
  full: { size: 3000, rounds: 7 },
  async run({ size, rounds: count }) {
    const { cli } = builtBundles();
    const inputs = [...SMALLER_DEVICES, Math.max(1, Math.round(size / MB_PER_DEVICE))].map(inputOf);
    const sides = inputs.map(({ folder, now, bytes }) => {
      const named = (threads: string) => `${Math.round(bytes / 1e6)} MB, ${threads}`;
      const contestant = (name: string, threads: number): Contestant => ({
        name,
        async run() {
          const args = [cli, 'score', folder, '--now', now, '--format', 'json', '--threads', `${threads}`];
          const { wallMs, cpuMs, peakMb, stdout } = await measureProcess({ kind: 'node', args });
          return { wallMs, cpuMs, peakMb, rows: stdout.split('\n').length - 1 };
        },
      });
      return { one: contestant(named('one thread'), 1), two: contestant(named('two threads'), 2), bytes };
    });
    const measured = await rounds(
      sides.flatMap(({ one, two }) => [one, two]),
      count,
    );
    const ratio = (one: string, two: string, unit: keyof typeof UNITS) =>
      outcomeOf(pairedRatio(valuesOf(measured, two, unit), valuesOf(measured, one, unit)), UNITS[unit]);
    for (const { one, two } of sides)
      if (`${valuesOf(measured, one.name, 'rows')}` !== `${valuesOf(measured, two.name, 'rows')}`)
        throw new Error(`${two.name}: other rows than with one`);
    return {
      work: Object.fromEntries(sides.map(({ bytes }, n) => [`bytes of folder ${n + 1}`, bytes])),
      measured,
      outcomes: Object.fromEntries(
        sides.flatMap(({ one, two }) => [
          [`${two.name} against one`, ratio(one.name, two.name, 'wallMs')],
          [`CPU, ${two.name} against one`, ratio(one.name, two.name, 'cpuMs')],
        ]),
      ),
    };
  },
};

const UNITS = { wallMs: 'of its wall time', cpuMs: 'of its CPU' } as const;
