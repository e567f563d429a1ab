import type { Buffer } from 'node:buffer';
import { HOUR_MS, MINUTE_MS } from '../../src/core/kql/timespan.ts';
import { type Device, deviceAt } from '../../tools/sample/device.ts';
import { anyInstant } from '../../tools/sample/instant.ts';
import { otherEvent } from '../../tools/sample/other.ts';
import { type Process, seededProcessOf } from '../../tools/sample/process.ts';
import { BROWSERS, OFFICE_PROGRAMS, OTHER_PROGRAMS, type Program } from '../../tools/sample/program.ts';
import { type Random, randomOf } from '../../tools/sample/random.ts';
import { lineOf, propertiesOf } from '../../tools/sample/records.ts';
import { ALWAYS, type Hours, isOn, SAMPLE_HOURS } from '../../tools/sample/span.ts';
import { connectionsIn, type PlannedTraffic } from '../../tools/sample/traffic.ts';

/**
 * A tenant of the shape of a real one, for measuring: 15 % of the lines are aggregated reports, a device has some 280
 * groups and 17 reports an hour, and nine groups in ten are seen in a few hours alone. Records are the sample's; but each is
 * delivered once and in good shape, so that every program that reads it has to come to the same numbers.
 */
export interface Tenant {
  readonly start: number;
  readonly devices: readonly Member[];
}

interface Member {
  readonly device: Device;
  readonly groups: readonly PlannedTraffic[];
  /** Minute of the hour at which it reports. */
  readonly minute: number;
  readonly processes: ReadonlyMap<Program, Process>;
}

/** What one device sends in an hour. */
export interface Lines {
  readonly lines: readonly Buffer[];
  readonly reports: number;
  readonly connections: number;
}

export const END = Date.UTC(2026, 10, 20, 12);
const SEED = 9;
const TENANT_ID = '11111111-2222-3333-4444-555555555555';
/** Other lines for each report: 15 % are reports. */
const OTHER_LINES = 85 / 15;

const ONE_OFFS = 230;
const DAILY = 40;
const STEADY = 11;

/** `end`: a full UTC hour; the tenant covers the 72 hours before. */
export function benchTenant(devices: number, end = END): Tenant {
  const start = end - SAMPLE_HOURS * HOUR_MS;
  return { start, devices: Array.from({ length: devices }, (_, index) => member(index, start)) };
}

/** What a device sends in an hour of the tenant, from 0 to 71; without the other lines where `reportsOnly`. */
export function linesOf(tenant: Tenant, member: Member, hour: number, reportsOnly = false): Lines {
  const { device, groups, processes } = member;
  const random = randomOf(SEED, 'bench-hour', device.index, hour);
  const hourMs = tenant.start + hour * HOUR_MS;
  const lines: Buffer[] = [];
  let connections = 0;
  let reportId = 1 + hour * 500;
  for (const group of groups) {
    if (!isOn(group.hours, hour)) continue;
    const count = Math.max(1, connectionsIn(group.pace, HOUR_MS, random));
    const atMs = hourMs + member.minute * MINUTE_MS + random.int(0, 20_000);
    connections += count;
    lines.push(
      line(atMs, {
        actionType: 'ConnectionSuccessAggregatedReport',
        timestamp: anyInstant(atMs, random),
        process: processes.get(group.program) as Process,
        remoteIP: group.remoteIP,
        remotePort: 443,
        remoteUrl: null,
        localIP: device.localIPs[0] as string,
        localPort: null,
        protocol: 'Tcp',
        additionalFields: `{"uniqueEventsAggregated":${count}}`,
      }),
    );
  }
  const reports = lines.length;
  const others = reportsOnly ? 0 : Math.floor(reports * OTHER_LINES + random.fraction());
  for (let i = 0; i < others; i++) {
    const group = random.pick(groups);
    const atMs = hourMs + random.int(0, HOUR_MS - 1);
    lines.push(line(atMs, otherEvent(group, processes.get(group.program) as Process, device, atMs, random)));
  }
  return { lines, reports, connections };

  function line(
    atMs: number,
    event: Parameters<typeof propertiesOf>[0] extends infer Row ? Omit<Row & object, 'device' | 'reportId'> : never,
  ) {
    const properties = propertiesOf({ ...event, device, reportId: reportId++ } as Parameters<typeof propertiesOf>[0]);
    return lineOf(properties, TENANT_ID, atMs + random.int(5, 40) * MINUTE_MS, random);
  }
}

function member(index: number, start: number): Member {
  const device = deviceAt(SEED, index);
  const random = randomOf(SEED, 'bench-groups', index);
  const groups = groupsOf(random, index);
  const programs = new Set(groups.map(({ program }) => program));
  const processes = new Map([...programs].map((program) => [program, seededProcessOf(SEED, start, device, program)]));
  return { device, groups, minute: random.int(0, 58), processes };
}

function groupsOf(random: Random, index: number): PlannedTraffic[] {
  const group = (number: number, program: Program, hours: Hours, typicalPerHour: number): PlannedTraffic => ({
    program,
    // RFC 2544's range for benchmarks; no address twice on a device, so that no two of its groups are one.
    remoteIP: addressOf((index * 613 + number * 97) % 131_072),
    remoteUrl: null,
    ports: [443],
    outcome: 'success',
    hours,
    pace:
      number % 20 === 0
        ? { kind: 'beacon', intervalSeconds: Math.max(20, Math.round(3600 / typicalPerHour)), jitter: 0.2 }
        : { kind: 'irregular', typicalPerHour },
    countless: 0,
  });
  const groups: PlannedTraffic[] = [];
  for (let i = 0; i < STEADY; i++) {
    groups.push(group(groups.length, random.pick([...OFFICE_PROGRAMS, ...OTHER_PROGRAMS]), ALWAYS, random.int(4, 80)));
  }
  // The three days begin at noon; a working day is hours 20 to 29 of it, and so on.
  for (let i = 0; i < DAILY; i++) {
    const hours = { first: random.int(17, 23), length: random.int(1, 2), daily: true };
    groups.push(group(groups.length, random.pick(BROWSERS), hours, random.int(5, 120)));
  }
  for (let i = 0; i < ONE_OFFS; i++) {
    const hours = {
      first: random.int(0, SAMPLE_HOURS - 1),
      length: random.chance(0.8) ? 1 : random.int(2, 5),
      daily: false,
    };
    groups.push(group(groups.length, random.pick([...BROWSERS, ...OTHER_PROGRAMS]), hours, random.int(1, 40)));
  }
  return groups;
}

function addressOf(number: number): string {
  return `198.${18 + (number >> 16)}.${(number >> 8) & 255}.${number & 255}`;
}
