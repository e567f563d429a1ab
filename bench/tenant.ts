import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Bench, outcomeOf, printLine, rounds, valuesOf } from './harness/bench.ts';
import type { Contestant } from './harness/interleave.ts';
import { measureProcess } from './harness/process.ts';
import { pairedRatio, summaryOf } from './harness/statistics.ts';
import { tenantOf } from './harness/wire_rows.ts';

/**
 * An hourly run over a whole tenant from count files, with both detectors, against a run as it was before: a scan of every row
 * through the SDK, with the KQL rule alone. Size in groups.
 */
export const bench: Bench = {
  name: 'tenant',
  full: { size: 2_000_000, rounds: 2 },
  async run({ size, rounds: count }) {
    const folder = mkdtempSync(join(tmpdir(), 'beaconwatch-tenant-'));
    try {
      printLine('  builds the count files');
      const built = await measured('build', size, folder);
      const values = await rounds(
        [ANSWERS, SCAN, HOUR, ONE].map((mode) => contestantOf(mode, size, folder)),
        count,
      );
      const of = (mode: Mode, number: string) => valuesOf(values, mode.name, number);
      const scanned = of(SCAN, 'cpuMs').map((ms, round) => ms - (of(ANSWERS, 'cpuMs')[round] as number));
      const perSecond = of(HOUR, 'cpuMs').map((ms) => (1000 * size) / ms);
      return {
        work: { groups: size, rows: of(HOUR, 'rows')[0] ?? 0, 'CPU seconds of the first run': built.cpuMs / 1000 },
        measured: values,
        outcomes: {
          'groups per CPU second, against a scan': outcomeOf(
            pairedRatio(scanned, of(HOUR, 'cpuMs')),
            'times those of a scan',
            { atLeast: 3 },
          ),
          'groups per CPU second': outcomeOf(summaryOf(perSecond), 'groups', { atLeast: 40_000 }),
          'peak memory of an invocation': outcomeOf(summaryOf(of(ONE, 'peakMb')), 'MB', { atMost: 256 }),
        },
      };
    } finally {
      rmSync(folder, { recursive: true });
    }
  },
};

interface Mode {
  readonly mode: string;
  readonly name: string;
}

const ANSWERS: Mode = { mode: 'answers', name: 'making the answers of the service alone' };
const SCAN: Mode = { mode: 'scan', name: 'and a scan of them through the SDK, the KQL rule alone' };
const HOUR: Mode = { mode: 'hour', name: 'an hourly run over count files, both detectors' };
const ONE: Mode = { mode: 'one', name: 'the same, one partition: one invocation' };

const WORKER = fileURLToPath(new URL('tenant_worker.ts', import.meta.url));

function contestantOf({ mode, name }: Mode, groups: number, folder: string): Contestant {
  return { name, run: () => measured(mode, groups, folder) };
}

async function measured(mode: string, groups: number, folder: string) {
  // As an instance of 512 MB is deployed: V8 is told, so that it does not let garbage lie as on a large machine.
  const { stdout, cpuMs, peakMb } = await measureProcess({
    kind: 'node',
    args: ['--max-semi-space-size=4', '--max-old-space-size=256', WORKER, mode, String(groups), folder],
  });
  const { rows = 0, groups: found = 0 } = JSON.parse(stdout) as { rows?: number; groups?: number };
  const wanted = tenantOf(groups);
  const isAll = (mode === SCAN.mode || mode === HOUR.mode) && (rows !== wanted.rows || found !== groups);
  if (isAll) throw new Error(`${mode}: ${rows} rows of ${found} groups in place of ${wanted.rows} of ${groups}`);
  return { cpuMs, peakMb, rows };
}
