import { HOUR_MS } from '../../src/core/kql/timespan.ts';
import type { Device } from './device.ts';
import type { Plan } from './plan.ts';
import { type Random, randomOf } from './random.ts';
import { SECOND_MS } from './span.ts';
import type { EventLog, Happening, LogWriter } from './windows_event.ts';

/** The events of one device in one hour, for one log; in any order. */
export type Happenings = (hour: number, random: Random) => Iterable<Happening>;

/** Logs events in order of time, numbered, a moment after they happened. */
export function logWriter(plan: Plan, device: Device, log: EventLog, happenings: Happenings): LogWriter {
  const service = randomOf(plan.seed, 'service', device.index, log.provider);
  const serviceId = service.int(200, 1_000) * 4;
  let recordId = service.int(100_000, 4_000_000);
  return {
    hour(hour) {
      const random = randomOf(plan.seed, log.provider, device.index, hour);
      const sorted = [...happenings(hour, random)].sort((a, b) => a.atMs - b.atMs);
      return sorted.map(({ atMs, ...happening }) => {
        recordId++;
        const createdMs = plan.plain ? soon(atMs, random.int(0, 300)) : atMs + random.int(0, 300);
        const lagMs = random.int(50, 4 * SECOND_MS);
        const collectedMs = plan.plain ? soon(createdMs, lagMs) : createdMs + lagMs;
        const threadId = random.int(250, 2_000) * 4;
        return { ...happening, log, device, recordId, serviceId, threadId, createdMs, collectedMs };
      });
    },
  };
}

/** `laterMs` later, but within the same hour. */
function soon(atMs: number, laterMs: number): number {
  return Math.min(atMs + laterMs, atMs - (atMs % HOUR_MS) + HOUR_MS - 1);
}
