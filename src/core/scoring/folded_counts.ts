import type { Hour } from '../kql/bin.ts';
import { median } from '../kql/median.ts';
import { HOUR_MS } from '../kql/timespan.ts';
import { msOf } from '../kql/timestamp.ts';
import { type GroupKey, isRaw } from '../records/report.ts';

/** The clock hour of each count, in order; null where counts are not those of reports per clock hour. */
export type CountedHours = readonly Hour[] | null;

/** The hours of a group's counts, for `foldedCounts`. Raw events fall into the hour in which they happen. */
export function countedHoursOf({ source }: GroupKey, countHours: readonly Hour[]): CountedHours {
  return isRaw(source) ? null : countHours;
}

/** A doubled hour has this many times the median. */
const LEAST_DOUBLE = 1.5;
const MOST_DOUBLE = 2.5;

/**
 * The inliers, with the artefact of reports at the full hour taken out. A sensor whose reports fall around it sends one a
 * little early or late: then a clock hour has none, and another one has two. Both halves of the doubled hour count as an
 * hour of their own. Empty and doubled hours alternate, so each doubled hour has its empty one; others stay as they are.
 * A series with two counts of one hour (grain `report`) stays as it is.
 *
 * The hours 1, 3, 4 with the counts 60, 60, 120 give 60, 60, 60, 60.
 */
export function foldedCounts(
  counts: readonly number[],
  flags: readonly number[],
  hours: NonNullable<CountedHours>,
): readonly number[] {
  if (counts.length === 0) return [];
  const steps = hours.map((hour, index) => (index === 0 ? 1 : stepBetween(hours[index - 1] as Hour, hour)));
  const halved = steps.includes(0) ? new Set<number>() : doubledHours(counts, steps);
  return counts.flatMap((count, index) => {
    if (flags[index] !== 0) return [];
    return halved.has(index) ? [count / 2, count / 2] : [count];
  });
}

/** The indexes of the doubled hours that have an empty one. `steps`: hours from the count before, 2 over an empty hour. */
function doubledHours(counts: readonly number[], steps: readonly number[]): ReadonlySet<number> {
  const usual = median(Float64Array.from(counts), counts.length);
  const halved = new Set<number>();
  /** An empty hour that waits for a doubled one, or the index of a doubled one that waits for an empty one. */
  let waiting: 'empty' | number | null = null;
  for (const [index, count] of counts.entries()) {
    const step = steps[index] as number;
    // Several empty hours in a row are no artefact: the device was off.
    if (step > 2) waiting = null;
    if (step === 2) {
      if (typeof waiting === 'number') halved.add(waiting);
      waiting = typeof waiting === 'number' ? null : 'empty';
    }
    if (count < LEAST_DOUBLE * usual || count > MOST_DOUBLE * usual) continue;
    if (waiting === 'empty') halved.add(index);
    waiting = waiting === 'empty' ? null : index;
  }
  return halved;
}

function stepBetween(a: Hour, b: Hour): number {
  return Math.round((msOf(b) - msOf(a)) / HOUR_MS);
}
