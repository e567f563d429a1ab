import { regularityOf } from '../../src/core/regularity/assessment.ts';
import type { TimedCount } from '../../src/core/regularity/timed_count.ts';
import { randomOf } from '../../tools/sample/random.ts';
import { kqlOf, type MeasuredDetector, regularLookOf } from './detectors.ts';
import { type IrregularKind, irregularCounts } from './irregular.ts';
import { isInWindow, WINDOW_HOURS } from './simulated.ts';

/** Hours in a row at the recorded threshold that make a match ripe. */
const RIPE_RUNS = 24;
const WEEK_HOURS = 168;

/** How many groups of one kind each detector matches, of those that were looked at. */
export interface FalseRate {
  readonly kind: IrregularKind;
  readonly groups: number;
  readonly found: Readonly<Record<MeasuredDetector, number>>;
}

/** One look at a full window of each group: `regularity` counts at the recorded threshold, in any way. */
export function falseLooks(kind: IrregularKind, groups: number, seed: number): FalseRate {
  const random = randomOf(seed, 'look', kind);
  const found = { 'kql-rule': 0, regularity: 0, both: 0 };
  for (let group = 0; group < groups; group++) {
    const counts = irregularCounts(kind, WINDOW_HOURS, random).filter(({ second }) => isInWindow(second));
    const kql = kqlOf(counts).match;
    const { match } = regularLookOf(regularityOf(counts, ALWAYS_ON));
    if (kql) found['kql-rule']++;
    if (match) found.regularity++;
    if (kql || match) found.both++;
  }
  return { kind, groups, found };
}

/**
 * A week of hourly looks at each group, which has run for a whole window before: `regularity` counts once it is ripe, the
 * KQL rule once it matches.
 */
export function falseWeeks(kind: IrregularKind, groups: number, seed: number): FalseRate {
  const random = randomOf(seed, 'week', kind);
  const found = { 'kql-rule': 0, regularity: 0, both: 0 };
  for (let group = 0; group < groups; group++) {
    const { kql, ripe } = weekOf(irregularCounts(kind, WINDOW_HOURS + WEEK_HOURS, random));
    if (kql) found['kql-rule']++;
    if (ripe) found.regularity++;
    if (kql || ripe) found.both++;
  }
  return { kind, groups, found };
}

function weekOf(all: readonly TimedCount[]): { readonly kql: boolean; readonly ripe: boolean } {
  let kql = false;
  let ripe = false;
  let inRow = 0;
  for (let asOf = WINDOW_HOURS + 1; asOf <= WINDOW_HOURS + WEEK_HOURS && !(kql && ripe); asOf++) {
    const counts = all.filter(({ second }) => isInWindow(second, asOf));
    kql ||= kqlOf(counts).match;
    if (ripe) continue;
    const look = regularLookOf(regularityOf(counts, ALWAYS_ON));
    inRow = look.match ? inRow + 1 : 0;
    ripe = look.ripe || inRow >= RIPE_RUNS;
  }
  return { kql, ripe };
}

const ALWAYS_ON: ReadonlySet<number> = new Set(
  Array.from({ length: WINDOW_HOURS + WEEK_HOURS + 4 }, (_, index) => index - 2),
);
