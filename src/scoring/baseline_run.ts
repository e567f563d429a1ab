import { type BaselinePhase, type BaselineRun, baselineAfter, baselinePhaseOf } from '../core/detections/baseline.ts';
import type { Stores } from '../storage/ports/stores.ts';

/**
 * The phase of the baseline in a run of all partitions, and notes what the run changes. Call it once per run, before its
 * partitions: they all need the same phase. Repeating the run gives the same phase.
 */
export async function baselineOf(
  { runs }: Pick<Stores, 'runs'>,
  run: BaselineRun,
  baselineHours: number,
): Promise<BaselinePhase> {
  const before = await runs.baseline();
  const after = baselineAfter(before, run, baselineHours);
  if (after !== before) await runs.noteBaseline(after);
  return baselinePhaseOf(after, run.asOf, baselineHours);
}
