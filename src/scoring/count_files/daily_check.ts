import { DAY_MS } from '../../core/kql/timespan.ts';
import { msOf, type Timestamp } from '../../core/kql/timestamp.ts';
import { endOf } from '../../core/records/day.ts';
import { PARTITIONS } from '../../storage/keys.ts';
import type { Partition } from '../../storage/ports/hourly_counts.ts';
import { checkHour } from './check_hour.ts';
import { hourOfDay } from './group_hours.ts';
import type { DayStores } from './refresh_day.ts';

/** A prime: so the hours of days take turns. */
const STEP = 29;

/**
 * Once a day checks one hour of the files of a partition: each partition at another hour, and each day another hour. A sentence
 * where the file was wrong; '' for none.
 */
export async function dailyCheck(
  stores: DayStores,
  partition: Partition,
  asOf: Timestamp,
  endedBefore: number,
): Promise<string> {
  const number = PARTITIONS.indexOf(partition);
  if (hourOfDay({ Timestamp: asOf }) !== number) return '';
  const days = await stores.hourlyCounts.days();
  const hours = days.flatMap((day) => Array.from({ length: 24 }, (_, hour) => ({ day, hour })));
  const chosen = hours[(Math.floor(msOf(asOf) / DAY_MS) * STEP + number) % Math.max(1, hours.length)];
  if (chosen === undefined) return '';
  const { day, hour } = chosen;
  const options = { hasEnded: msOf(endOf(day)) <= endedBefore };
  const found = await checkHour(stores, { partition, day }, hour, options);
  if (found !== 'repaired') return '';
  return `the count file of ${day}, partition ${partition}, differed from the table in hour ${hour} and was built again`;
}
