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
  const steps = stepsOf(hours);
  const halved = steps.includes(0) ? NONE : doubledHours(counts, steps);
  const folded: number[] = [];
  for (let index = 0; index < counts.length; index++) {
    const count = counts[index] as number;
    if (flags[index] !== 0) continue;
    if (halved.has(index)) folded.push(count / 2, count / 2);
    else folded.push(count);
  }
  return folded;
}

const NONE: ReadonlySet<number> = new Set();

/** Hours from the count before; 1 for the first. */
function stepsOf(hours: readonly Hour[]): number[] {
  let before = Number.NaN;
  return hours.map((hour, index) => {
    const ms = msOf(hour);
    const step = index === 0 ? 1 : Math.round((ms - before) / HOUR_MS);
    before = ms;
    return step;
  });
}

/** The indexes of the doubled hours that have an empty one. `steps`: hours from the count before, 2 over an empty hour. */
function doubledHours(counts: readonly number[], steps: readonly number[]): ReadonlySet<number> {
  const usual = median(Float64Array.from(counts), counts.length);
  const halved = new Set<number>();
  /** An empty hour that waits for a doubled one, or the index of a doubled one that waits for an empty one. */
  let waiting: 'empty' | number | null = null;
  for (let index = 0; index < counts.length; index++) {
    const [count, step] = [counts[index] as number, steps[index] as number];
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
