import { hoursOf } from '../../src/core/scoring/hours.ts';
import { SEED_RULE } from '../../src/core/scoring/rule.ts';
import type { Series } from '../../src/core/scoring/series.ts';
import { timestampFromMs } from '../../src/core/kql/timestamp.ts';
import { windowOf } from '../../src/core/scoring/window.ts';
import { END } from './tenant.ts';

const hours = hoursOf(windowOf(timestampFromMs(END), SEED_RULE.lookbackDays));

/** Counts of every hour of the window as a group's series. */
export function asSeries(ConnCounts: readonly number[]): Series {
  return { Timestamp: hours, ConnCounts, countHours: hours, dropped: 0 };
}
