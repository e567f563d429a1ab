import { timestampFromMs } from '../../src/core/kql/timestamp.ts';
import { hoursOf } from '../../src/core/scoring/hours.ts';
import { KQL_RULE } from '../../src/core/scoring/rule.ts';
import type { Series } from '../../src/core/scoring/series.ts';
import { windowOf } from '../../src/core/scoring/window.ts';
import { END } from './tenant.ts';

const hours = hoursOf(windowOf(timestampFromMs(END), KQL_RULE.lookbackDays));

/** Counts of every hour of the window as a group's series. */
export function asSeries(ConnCounts: readonly number[]): Series {
  return { Timestamp: hours, ConnCounts, countHours: hours, dropped: 0 };
}
