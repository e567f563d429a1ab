import { isNewSince, NEW_DAYS } from './observed.ts';
import type { PairRows } from './pair_table.ts';
import { SeenPairs } from './seen_pairs.ts';

/** When the tenant, and each pair in it, was seen first. */
export interface FirstSeen {
  /** The hour from which on the tenant was observed (`observedSince`); until that is known, the end of the last window. */
  readonly since: number;
  /** By the hash of process and network. */
  readonly pairs: SeenPairs;
}

export interface SeenSettings {
  /** A pair that was not seen for so many hours is forgotten. */
  readonly keptHours: number;
  /** More pairs are not remembered: these never count as new. */
  readonly maxPairs: number;
}

export const SEEN_SETTINGS: SeenSettings = { keptHours: 30 * 24, maxPairs: 1_000_000 };

/**
 * What was seen, with the pairs of a run whose windows end in `lastHour`, each with its first hour. `before`: null where nothing
 * is known yet; it is not to be used again.
 * `observed`: `observedSince` of the hours with reports in these windows.
 */
export function seenWith(
  before: FirstSeen | null,
  pairs: Pick<PairRows, 'size' | 'pairAt' | 'firstHourAt'>,
  lastHour: number,
  observed: number | null,
  { keptHours, maxPairs }: SeenSettings = SEEN_SETTINGS,
): FirstSeen {
  const kept = before === null ? new SeenPairs() : before.pairs.seenSince(lastHour - keptHours);
  const since = Math.min(before?.since ?? lastHour, observed ?? lastHour);
  for (let slot = 0; slot < pairs.size; slot++) {
    const pair = pairs.pairAt(slot);
    if (kept.size < maxPairs || kept.has(pair)) kept.note(pair, pairs.firstHourAt(slot), lastHour);
  }
  return { since, pairs: kept };
}

/** The pairs that are new in a run whose windows end in `lastHour`, and the hour in which each was seen first. */
export function newPairsOf({ since, pairs }: FirstSeen, lastHour: number, newDays = NEW_DAYS): Map<number, number> {
  const found = new Map<number, number>();
  pairs.forEach((pair, first) => {
    if (isNewSince(first, since, lastHour, newDays)) found.set(pair, first);
  });
  return found;
}
