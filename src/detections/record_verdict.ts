import type { Verdict } from '../core/detections/verdict.ts';
import type { Clock } from '../storage/ports/clock.ts';
import type { DetectionRow } from '../storage/ports/detections.ts';
import type { Stores } from '../storage/ports/stores.ts';
import type { Versioned } from '../storage/ports/versioned.ts';

/**
 * Writes what a person says of a detection, in the place of what was said before; also where the scorer or the notifier
 * writes the row meanwhile, whose columns are others. The row as it is then; null where there is no such detection.
 */
export async function recordVerdict(
  stores: Pick<Stores, 'detections'>,
  id: string,
  said: Omit<Verdict, 'at'>,
  clock: Clock,
): Promise<DetectionRow | null> {
  const verdict: Verdict = { ...said, at: clock() };
  for (;;) {
    const found: Versioned<DetectionRow> | null = await stores.detections.get(id);
    if (found === null) return null;
    const version = await stores.detections.recordVerdict(id, verdict, found.version);
    if (version !== null) return { ...found.row, verdict: verdict };
  }
}
