import { HOUR_MS } from '../../src/core/kql/timespan.ts';
import type { Plan } from './plan.ts';
import { type Sent, sensorOf } from './sensor.ts';
import { SAMPLE_HOURS } from './span.ts';

/** A row of DeviceNetworkEvents, by its columns. */
export type SampleTableRow = Readonly<Record<string, unknown>>;

/** The rows of the table, hour by hour: every row once, in order of time. */
export function* tableHours(plan: Plan): Generator<{ startMs: number; rows: { sent: Sent; row: SampleTableRow }[] }> {
  const sensors = plan.devices.map((device) => sensorOf(plan, device));
  for (let hour = 0; hour < SAMPLE_HOURS; hour++) {
    const sent = sensors.flatMap((sensor) => [...sensor.hour(hour)]).sort((a, b) => a.atMs - b.atMs);
    const rows = sent.map((each) => ({ sent: each, row: JSON.parse(each.properties) as SampleTableRow }));
    yield { startMs: plan.start + hour * HOUR_MS, rows };
  }
}
