import type { PairFacts } from './fleet_partial.ts';

/** When a pair of process and network was seen: clock hours since 1970. */
export interface PairSeen {
  readonly first: number;
  /** The end of the last window in which it was seen. */
  readonly last: number;
}

/** When the tenant, and each pair in it, was seen first. */
export interface FirstSeen {
  /** The first hour of the telemetry. */
  readonly since: number;
  /** By the hash of process and network. */
  readonly pairs: ReadonlyMap<number, PairSeen>;
}

export interface SeenSettings {
  /** A pair that was not seen for so many hours is forgotten. */
  readonly keptHours: number;
  /** More pairs are not remembered: these never count as new. */
  readonly maxPairs: number;
}

export const SEEN_SETTINGS: SeenSettings = { keptHours: 30 * 24, maxPairs: 1_000_000 };

/** A pair is new for so many days after it was seen first. */
export const NEW_DAYS = 7;
/** And only where the tenant had been observed for so long: before that everything is seen first. */
const OBSERVED_HOURS = 24;

/** What was seen, with the pairs of a run whose windows end in `lastHour`. `before`: null where nothing is known yet. */
export function seenWith(
  before: FirstSeen | null,
  pairs: ReadonlyMap<number, Pick<PairFacts, 'firstHour'>>,
  lastHour: number,
  { keptHours, maxPairs }: SeenSettings = SEEN_SETTINGS,
): FirstSeen {
  const kept = new Map<number, PairSeen>();
  for (const [pair, seen] of before?.pairs ?? []) if (lastHour - seen.last <= keptHours) kept.set(pair, seen);
  let since = before?.since ?? lastHour;
  for (const [pair, { firstHour }] of pairs) {
    since = Math.min(since, firstHour);
    const seen = kept.get(pair);
    if (seen === undefined && kept.size === maxPairs) continue;
    kept.set(pair, { first: Math.min(seen?.first ?? firstHour, firstHour), last: Math.max(seen?.last ?? 0, lastHour) });
  }
  return { since, pairs: kept };
}

/** The pairs that are new in a run whose windows end in `lastHour`, and the hour in which each was seen first. */
export function newPairsOf({ since, pairs }: FirstSeen, lastHour: number, newDays = NEW_DAYS): Map<number, number> {
  const found = new Map<number, number>();
  for (const [pair, { first }] of pairs) {
    if (lastHour - first < newDays * 24 && first - since >= OBSERVED_HOURS) found.set(pair, first);
  }
  return found;
}
