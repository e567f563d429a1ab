import { HOUR_MS } from '../../src/core/kql/timespan.ts';
import type { Device } from './device.ts';
import type { Plan } from './plan.ts';
import type { Process } from './process.ts';
import { randomOf } from './random.ts';
import { isOn } from './span.ts';
import { instantsIn, type PlannedTraffic } from './traffic.ts';

/** One connection that a program of a device makes. */
export interface PlannedConnection {
  /** Whole milliseconds since the Unix epoch. */
  readonly atMs: number;
  readonly process: Process;
  readonly remoteIP: string;
  readonly remotePort: number;
  readonly localIP: string;
  readonly localPort: number;
  readonly protocol: 'tcp' | 'udp';
  readonly outcome: PlannedTraffic['outcome'];
}

/**
 * The connections of one group in one hour of the tenant, in order of time. Empty if the group is off, or has no address.
 * All sources of the device show these connections: one by one, or counted per hour if the plan is plain.
 */
export function connectionsOf(
  plan: Plan,
  device: Device,
  group: number,
  process: Process,
  hour: number,
): PlannedConnection[] {
  const traffic = plan.traffic[device.index]?.[group];
  if (traffic === undefined || !isOn(device.hours, hour) || !isOn(traffic.hours, hour)) return [];
  const { remoteIP } = traffic;
  if (remoteIP === null || !isAddress(remoteIP)) return [];
  const random = randomOf(plan.seed, 'connections', device.index, group, hour);
  const localIPs = random.chance(0.08) ? device.localIPs : device.localIPs.slice(0, 1);
  const startMs = plan.start + hour * HOUR_MS;
  return instantsIn(traffic.pace, HOUR_MS, random).map((ms) => ({
    atMs: startMs + ms,
    process,
    remoteIP,
    remotePort: random.pick(traffic.ports),
    localIP: random.pick(localIPs),
    localPort: random.int(49_152, 65_535),
    // HTTP/3.
    protocol: traffic.ports[0] === 443 && random.chance(0.05) ? 'udp' : 'tcp',
    outcome: traffic.outcome,
  }));
}

/** A report may have no address; a connection always has one. */
function isAddress(remoteIP: string): boolean {
  return /[.:]/.test(remoteIP);
}
