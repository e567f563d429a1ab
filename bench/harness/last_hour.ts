import type { Hour } from '../../src/core/kql/bin.ts';
import { dayOf } from '../../src/core/records/day.ts';
import type { HourlyCounts } from '../../src/storage/ports/hourly_counts.ts';
import { WIRE_HOURS } from './wire_rows.ts';

const LAST_HOUR = WIRE_HOURS.at(-1) as Hour;

/** The counts before the last hour of the tenant has come. */
export function beforeLastHour(counts: HourlyCounts): HourlyCounts {
  const hour: HourlyCounts['hour'] = (partition, of) => (of === LAST_HOUR ? none() : counts.hour(partition, of));
  return { ...counts, hour };
}

async function* none(): AsyncGenerator<never> {}

/** The same when it has come: a run reads its rows, and writes the file of its day again. */
export function withLastHour(counts: HourlyCounts): HourlyCounts {
  return {
    ...counts,
    async *touched(_partition, day) {
      if (day === dayOf(LAST_HOUR)) yield [{ hour: LAST_HOUR, groupId: null, segmentId: '0'.repeat(32), version: '1' }];
    },
  };
}
