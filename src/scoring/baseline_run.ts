import { type BaselineRun, baselineAfter } from '../core/detections/baseline.ts';
import type { Stores } from '../storage/ports/stores.ts';

/**
 * Notes how far the baseline is in a run of all partitions. Call it once per run, before its partitions: they all need the
 * same phase. Repeating it changes nothing.
 */
export async function noteBaseline(
  { runs }: Pick<Stores, 'runs'>,
  run: BaselineRun,
  baselineHours: number,
): Promise<void> {
  const before = await runs.baseline();
  const after = baselineAfter(before, run, baselineHours);
  if (after !== before) await runs.noteBaseline(after);
}
