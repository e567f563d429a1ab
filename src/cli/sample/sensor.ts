import { aggregatedReports, type Event } from './aggregated.ts';
import type { Device } from './device.ts';
import { otherEvent } from './other.ts';
import type { Plan } from './plan.ts';
import { type Process, processOf } from './process.ts';
import type { Program } from './program.ts';
import { type Random, randomOf } from './random.ts';
import { propertiesOf } from './records.ts';
import { HOUR_MS, isOn, SECOND_MS } from './span.ts';
import type { Traffic } from './traffic.ts';

/** A row of the table, as its device sent it. */
export interface Sent {
  readonly atMs: number;
  readonly properties: string;
  readonly isReport: boolean;
}

/** What Defender's sensor on one device sends. The hours have to be asked for in their order, each once. */
export interface Sensor {
  readonly device: Device;
  /** What happens in one of the tenant's hours, from 0: aggregated reports, and a good half more of other rows. */
  hour(hour: number): Generator<Sent>;
}

/** Other rows for each group that is on: so about 40 % of the rows are aggregated reports. */
const OTHER_ROWS = 1.5;
/** ReportId is a repeating counter. */
const LAST_REPORT_ID = 65_535;

export function sensorOf(plan: Plan, device: Device): Sensor {
  const processes = new Map<Program, Process>();
  const running = (program: Program): Process => {
    const process = processes.get(program) ?? processOf(plan.seed, plan.start, device, program);
    processes.set(program, process);
    return process;
  };
  let lastReportId = device.firstReportId;
  const sent = (atMs: number, isReport: boolean, event: Event): Sent => {
    lastReportId = lastReportId === LAST_REPORT_ID ? 1 : lastReportId + 1;
    return { atMs, isReport, properties: propertiesOf({ ...event, device, reportId: lastReportId }) };
  };

  function* reports(hour: number, groups: readonly Traffic[], random: Random) {
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

  function* others(hour: number, groups: readonly Traffic[], random: Random) {
    const count = Math.floor(groups.length * OTHER_ROWS + random.fraction());
    for (let i = 0; i < count; i++) {
      const group = random.pick(groups);
      const atMs = plan.start + hour * HOUR_MS + random.int(SECOND_MS, HOUR_MS - SECOND_MS);
      yield sent(atMs, false, otherEvent(group, running(group.program), device, atMs, random));
    }
  }

  return {
    device,
    *hour(hour) {
      const random = randomOf(plan.seed, 'sensor', device.index, hour);
      const isActive = (group: Traffic) => isOn(device.hours, hour) && isOn(group.hours, hour);
      const groups = (plan.traffic[device.index] ?? []).filter(isActive);
      yield* reports(hour, groups, random);
      yield* others(hour, groups, random);
    },
  };
}
