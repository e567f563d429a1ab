import { fileURLToPath } from 'node:url';
import { type Bench, outcomeOf, rounds, valuesOf } from './harness/bench.ts';
import { inputOf, MB_PER_DEVICE } from './harness/input.ts';
import type { Contestant, MeasuredSides } from './harness/interleave.ts';
import { measureProcess } from './harness/process.ts';
import { growth, summaryOf } from './harness/statistics.ts';

/** How time grows with 1, 4 and 16 times the work; size in MB of the tenant whose exports are the work. */
export const bench: Bench = {
  name: 'growth',
  full: { size: 400, rounds: 7 },
  async run({ size, rounds: count }) {
    const { files } = inputOf(Math.max(1, Math.round(size / MB_PER_DEVICE)));
    const groups = size * 500;
    const contestants = [
      ...TIMES.map((times) => ingestOf(files.slice(0, 4 * times), times)),
      ...TIMES.map((times) => scoringOf((groups * times) / 16, times)),
    ];
    const measured = await rounds(contestants, count);
    return {
      work: { groups, exports: 64 },
      measured,
      outcomes: {
        ...outcomes(measured, 'ingest'),
        ...outcomes(measured, 'scoring'),
      },
    };
  },
};

const TIMES = [1, 4, 16] as const;

/** In proportion to the rows, give or take a tenth: the exports of an hour are not all of one size. */
function outcomes(measured: MeasuredSides, what: string) {
  const of = (number: string) => TIMES.map((times) => valuesOf(measured, `${what}, ${times}× the work`, number));
  const costs = of('inProcessMs');
  const rows = of('rows');
  const slopes = (costs[0] ?? []).map((_, round) =>
    growth(costs.map((cost, index) => ({ work: rows[index]?.[round] as number, cost: cost[round] as number }))),
  );
  return { [`growth of ${what}`]: outcomeOf(summaryOf(slopes), 'power of the work', { atMost: 1.1, atLeast: 0.9 }) };
}

function ingestOf(files: readonly string[], times: number): Contestant {
  return contestant(`ingest, ${times}× the work`, ['ingest_growth_worker.ts', ...files]);
}

function scoringOf(groups: number, times: number): Contestant {
  return contestant(`scoring, ${times}× the work`, ['tenant_worker.ts', 'score', String(groups), 'warm']);
}

function contestant(name: string, [worker = '', ...args]: readonly string[]): Contestant {
  const path = fileURLToPath(new URL(worker, import.meta.url));
  return {
    name,
    async run() {
      const { stdout, peakMb } = await measureProcess({ kind: 'node', args: [path, ...args] });
      const { ms, rows } = JSON.parse(stdout) as { ms: number; rows: number };
      return { inProcessMs: ms, rows, peakMb };
    },
  };
}
