import type { Device } from './device.ts';
import { anyInstant } from './instant.ts';
import type { Process } from './process.ts';
import type { Random } from './random.ts';
import type { SampleRow } from './records.ts';
import { connectionsIn, divided, type PlannedTraffic } from './traffic.ts';

/** A row without its device and ReportId, which the sensor adds. */
export type Event = Omit<SampleRow, 'device' | 'reportId'>;

/** The hourly reports of one group: one for each port and local address that had connections. */
export function* aggregatedReports(
  traffic: PlannedTraffic,
  process: Process,
  device: Device,
  period: { readonly endMs: number; readonly lengthMs: number },
  random: Random,
): Generator<Event> {
  // A laptop changes its network now and then; the report's key has the local address in it.
  const localIPs = random.chance(0.08) ? device.localIPs : device.localIPs.slice(0, 1);
  const keys = traffic.ports.flatMap((remotePort) => localIPs.map((localIP) => ({ remotePort, localIP })));
  const counts = divided(connectionsIn(traffic.pace, period.lengthMs, random), keys.length, random);
  const common = { process, remoteIP: traffic.remoteIP, remoteUrl: null, localPort: null, protocol: 'Tcp' };
  const report = (key: (typeof keys)[number], actionType: string, additionalFields: string | object | null): Event => ({
    ...common,
    ...key,
    actionType,
    timestamp: anyInstant(period.endMs, random),
    additionalFields,
  });
  for (const [i, key] of keys.entries()) {
    const count = counts[i] as number;
    if (count === 0) continue;
    yield report(key, OUTCOME[traffic.outcome], random.chance(traffic.countless) ? null : countFields(count, random));
    if (traffic.outcome === 'success' && random.chance(0.02)) {
      yield report(key, OUTCOME.failed, countFields(random.int(1, 3), random));
    }
  }
}

const OUTCOME = { success: 'ConnectionSuccessAggregatedReport', failed: 'ConnectionFailedAggregatedReport' } as const;

/** Mostly JSON text; in 1 % the object itself, in 1 % the number as text. */
function countFields(count: number, random: Random): string | object {
  const form = random.fraction();
  if (form < 0.01) return { uniqueEventsAggregated: count };
  if (form < 0.02) return `{"uniqueEventsAggregated":"${count}"}`;
  return `{"uniqueEventsAggregated":${count}}`;
}
