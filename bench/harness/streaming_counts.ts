import type { Hour } from '../../src/core/kql/bin.ts';
import type { Contribution } from '../../src/core/records/contribution.ts';
import { dayOf, hoursOfDay } from '../../src/core/records/day.ts';
import { decodeContribution } from '../../src/storage/azure/hourly_counts_codec.ts';
import type { HourlyCounts, Partition } from '../../src/storage/ports/hourly_counts.ts';
import { WIRE_HOURS, wirePagesOf } from './wire_rows.ts';

/** HourlyCounts that takes all rows and keeps none. */
export function takingCounts(changes: Partial<HourlyCounts> = {}): HourlyCounts {
  return {
    merge: async () => [],
    days: async () => [],
    otherFormats: async () => [],
    async *touched() {},
    settle: async () => {},
    async *hour() {},
    async *day() {},
    async *ofGroup() {},
    removeDay: async () => {},
    ...changes,
  };
}

/** HourlyCounts whose rows are made as they are read, and decoded as the adapter on Azure decodes them. */
export function streamingCounts(groups: number): HourlyCounts {
  return takingCounts({
    days: async () => [...new Set(WIRE_HOURS.map(dayOf))],
    async *hour(partition, hour) {
      yield* decodedHour(partition, groups, hour);
    },
    async *day(partition, day) {
      for (const hour of hoursOfDay(day)) yield* decodedHour(partition, groups, hour);
    },
  });
}

export function* decodedHour(partition: Partition, groups: number, hour: Hour): Generator<readonly Contribution[]> {
  const day = dayOf(hour);
  for (const page of wirePagesOf(partition, groups, hour)) yield page.map((row) => decodeContribution(day, row));
}
