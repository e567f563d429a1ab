import { HOUR_MS } from '../../src/core/kql/timespan.ts';
import { aggregatedReports, type Event } from './aggregated.ts';
import { clockHourReports, connectionRow } from './clock_hour.ts';
import { connectionsOf } from './connections.ts';
import type { Device } from './device.ts';
import { otherEvent } from './other.ts';
import type { Plan } from './plan.ts';
import { processesOf } from './process.ts';
import { type Random, randomOf } from './random.ts';
import { propertiesOf } from './records.ts';
import { isOn, SECOND_MS } from './span.ts';
import type { PlannedTraffic } from './traffic.ts';

/** A row of the table as the device sent it. */
export interface Sent {
  readonly atMs: number;
  readonly properties: string;
  readonly isReport: boolean;
}

/** Defender's sensor on one device. Call `hour` once per hour, in order. */
export interface Sensor {
  readonly device: Device;
  /** The rows of one hour of the tenant, from 0: aggregated reports, and more than half of other rows. */
  hour(hour: number): Generator<Sent>;
}

/** Other rows per active group, so that about 40 % of the rows are aggregated reports. */
const OTHER_ROWS = 1.5;
/** ReportId is a repeating counter up to this number. */
const LAST_REPORT_ID = 65_535;

/** Form of the rows: hourly reports, or one row per connection. */
export type SensorShows = 'reports' | 'connections';

export function sensorOf(plan: Plan, device: Device, shows: SensorShows = 'reports'): Sensor {
  const running = processesOf(plan, device);
  let lastReportId = device.firstReportId;
  const sent = (atMs: number, isReport: boolean, event: Event): Sent => {
    lastReportId = lastReportId === LAST_REPORT_ID ? 1 : lastReportId + 1;
    return { atMs, isReport, properties: propertiesOf({ ...event, device, reportId: lastReportId }) };
  };

  function* reports(hour: number, groups: readonly PlannedTraffic[], random: Random) {
    for (const period of device.reporting) {
      if (Math.floor(period.endMs / HOUR_MS) !== hour) continue;
      if (period.restarted) lastReportId = 0;
      const endMs = plan.start + period.endMs;
      for (const group of groups) {
        const process = running(group.program);
        const span = { endMs, lengthMs: period.lengthMs };
        for (const event of aggregatedReports(group, process, device, span, random)) yield sent(endMs, true, event);
      }
    }
  }

  function* connections(hour: number, random: Random) {
    for (const [index, { program }] of (plan.traffic[device.index] ?? []).entries()) {
      const made = connectionsOf(plan, device, index, running(program), hour);
      if (shows === 'reports') {
        for (const event of clockHourReports(made, random)) yield sent(Date.parse(event.timestamp), true, event);
      } else {
        for (const each of made) yield sent(each.atMs, true, connectionRow(each, random));
      }
    }
  }

  function* others(hour: number, groups: readonly PlannedTraffic[], random: Random) {
    const count = Math.floor(groups.length * OTHER_ROWS + random.fraction());
    for (let i = 0; i < count; i++) {
      const group = random.pick(groups);
      const atMs = plan.start + hour * HOUR_MS + random.int(SECOND_MS, HOUR_MS - SECOND_MS);
      const event = otherEvent(group, running(group.program), device, atMs, random);
      // Every connection has such a row already.
      if (shows === 'connections' && event.actionType === 'ConnectionSuccess') continue;
      yield sent(atMs, false, event);
    }
  }

  return {
    device,
    *hour(hour) {
      const random = randomOf(plan.seed, 'sensor', device.index, hour);
      const isActive = (group: PlannedTraffic) => isOn(device.hours, hour) && isOn(group.hours, hour);
      const groups = (plan.traffic[device.index] ?? []).filter(isActive);
      if (plan.plain || shows === 'connections') yield* connections(hour, random);
      else yield* reports(hour, groups, random);
      yield* others(hour, groups, random);
    },
  };
}
