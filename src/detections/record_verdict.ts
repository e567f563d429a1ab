import type { Verdict } from '../core/detections/verdict.ts';
import { CONFLICT, retryOnConflict } from '../storage/optimistic.ts';
import type { Clock } from '../storage/ports/clock.ts';
import type { DetectionRow } from '../storage/ports/detections.ts';
import type { Stores } from '../storage/ports/stores.ts';

/**
 * Records the verdict of an analyst in place of an earlier one, also while the scorer or the notifier writes the row: they
 * have other columns. Gives the row after it; null where there is no such detection.
 */
export async function recordVerdict(
  stores: Pick<Stores, 'detections'>,
  id: string,
  input: Omit<Verdict, 'at'>,
  clock: Clock,
): Promise<DetectionRow | null> {
  const verdict: Verdict = { ...input, at: clock() };
  return await retryOnConflict('detection', async () => {
    const found = await stores.detections.get(id);
    if (found === null) return null;
    const version = await stores.detections.recordVerdict(id, verdict, found.version);
    return version === null ? CONFLICT : { ...found.row, verdict };
  });
}
