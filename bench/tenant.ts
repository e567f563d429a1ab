import { fileURLToPath } from 'node:url';
import { type Bench, outcomeOf, rounds, valuesOf } from './harness/bench.ts';
import type { Contestant } from './harness/interleave.ts';
import { measureProcess } from './harness/process.ts';
import { pairedRatio, summaryOf } from './harness/statistics.ts';
import { tenantOf } from './harness/wire_rows.ts';

/** A scoring run over a whole tenant from a store that streams its rows; size in groups. */
export const bench: Bench = {
  name: 'tenant',
  full: { size: 200_000, rounds: 7 },
  async run({ size, rounds: count }) {
    const measured = await rounds([ROWS, DECODE, SCORE].map(contestantOf(size)), count);
    const values = (mode: Mode, number: string) => valuesOf(measured, mode.name, number);
    return {
      work: { groups: size, rows: values(SCORE, 'rows')[0] ?? 0, detections: values(SCORE, 'detections')[0] ?? 0 },
      measured,
      outcomes: {
        'groups a second, rows decoded': outcomeOf(summaryOf(values(SCORE, 'groupsPerSecond')), 'groups/s', {
          atLeast: 40_000,
        }),
        'peak memory': outcomeOf(summaryOf(values(SCORE, 'peakMb')), 'MB', { atMost: 256 }),
        'against decoding alone': outcomeOf(
          pairedRatio(values(SCORE, 'inProcessMs'), values(DECODE, 'inProcessMs')),
          'of its time',
        ),
      },
    };
  },
};

interface Mode {
  readonly mode: string;
  readonly name: string;
}

const ROWS: Mode = { mode: 'rows', name: 'making the rows alone (the fake store)' };
const DECODE: Mode = { mode: 'decode', name: 'and decoding them' };
const SCORE: Mode = { mode: 'score', name: 'the scoring run' };

const WORKER = fileURLToPath(new URL('tenant_worker.ts', import.meta.url));

function contestantOf(groups: number) {
  return ({ mode, name }: Mode): Contestant => ({
    name,
    async run() {
      // The functions run with 256 MB or more; V8 is told, so that it does not let garbage lie as on a large machine.
      const { stdout, cpuMs, peakMb } = await measureProcess({
        kind: 'node',
        args: ['--max-semi-space-size=4', WORKER, mode, String(groups)],
      });
      const { ms, rows, detections = 0 } = JSON.parse(stdout) as { ms: number; rows: number; detections?: number };
      const wanted = tenantOf(groups);
      if (rows !== wanted.rows || (mode === SCORE.mode && detections !== wanted.matching)) {
        throw new Error(`${name}: ${rows} rows and ${detections} detections in place of ${JSON.stringify(wanted)}`);
      }
      return { inProcessMs: ms, groupsPerSecond: (groups / ms) * 1000, cpuMs, peakMb, rows, detections };
    },
  });
}
