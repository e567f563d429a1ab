import { HOUR_MS } from '../../src/core/kql/timespan.ts';
import type { Device } from './device.ts';
import type { Plan } from './plan.ts';
import { randomOf } from './random.ts';
import { instantsIn } from './traffic.ts';

/** A connection from outside to a service of the device. */
export interface Inbound {
  readonly atMs: number;
  readonly remoteIP: string;
  readonly remotePort: number;
  readonly localIP: string;
  readonly localPort: number;
  readonly protocol: 'tcp' | 'udp';
}

/** Addresses of RFC 5737 that the tenant's own programs do not use. */
const CALLERS = [
  { remoteIP: '192.0.2.10', localPort: 443, protocol: 'tcp' },
  { remoteIP: '192.0.2.11', localPort: 3478, protocol: 'udp' },
] as const;

/** Share of inbound UDP that logs report as outbound, as answers of the device. */
export const ANSWERS = 0.3;

/**
 * Two callers of every server, one over TCP and one over UDP, each minute. They are as steady as a beacon, but inbound: a
 * parser that confuses the two ends finds two false beacons.
 */
export function inboundOf(plan: Plan, device: Device, hour: number): Inbound[] {
  if (device.kind !== 'server') return [];
  const random = randomOf(plan.seed, 'inbound', device.index, hour);
  const startMs = plan.start + hour * HOUR_MS;
  const [localIP = ''] = device.localIPs;
  return CALLERS.flatMap((caller) =>
    instantsIn({ kind: 'beacon', intervalSeconds: 60, jitter: 0.05 }, HOUR_MS, random).map((ms) => ({
      ...caller,
      atMs: startMs + ms,
      remotePort: random.int(49_152, 65_535),
      localIP,
    })),
  );
}
