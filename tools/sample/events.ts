import { Buffer } from 'node:buffer';
import type { Append } from './appends.ts';
import type { Device } from './device.ts';
import type { Carrier } from './envelopes/carrier.ts';
import type { Plan } from './plan.ts';
import { randomOf } from './random.ts';
import { SAMPLE_HOURS } from './span.ts';
import type { LogWriter } from './windows_event.ts';

/** Share of events that their carrier writes twice, with the same bytes, as after a retry of a successful write. */
const TWICE = 0.005;
/** Azure Monitor continues a blob in `…_1.json` after 50,000 writes; here after fewer lines, so that it happens. */
const MOST_LINES = 300;

/**
 * The events of a tenant as a carrier writes them, hour by hour and device by device. Memory holds one hour of one
 * device. The lines of one device are in order of time; those of several devices are not, since carriers send batches.
 */
export function* carriedEvents(
  plan: Plan,
  logsOf: readonly ((plan: Plan, device: Device) => LogWriter)[],
  carrier: Carrier,
): Generator<Append> {
  const logs = plan.devices.map((device) => logsOf.map((logOf) => logOf(plan, device)));
  const written = new Map<string, number>();
  for (let hour = 0; hour < SAMPLE_HOURS; hour++) {
    for (const [index, ofDevice] of logs.entries()) {
      const random = randomOf(plan.seed, 'carrier', index, hour);
      const appends = new Map<string, Lines>();
      for (const log of ofDevice) {
        for (const event of log.hour(hour)) {
          const twice = !plan.plain && random.chance(TWICE);
          put(appends, carrier.placeOf(event), lineOf(carrier.recordOf(event)), event.counts, twice);
        }
      }
      for (const [blob, lines] of appends) {
        const before = written.get(blob) ?? 0;
        written.set(blob, before + lines.lines.length);
        yield { container: carrier.container, name: nameOf(blob, before), ...lines, late: 0, unreadable: [] };
      }
    }
  }
}

interface Lines {
  readonly lines: Buffer[];
  reports: number;
  duplicates: number;
}

function put(appends: Map<string, Lines>, blob: string, line: Buffer, counts: boolean, twice: boolean): void {
  const append = appends.get(blob) ?? { lines: [], reports: 0, duplicates: 0 };
  appends.set(blob, append);
  append.lines.push(line);
  if (counts) append.reports++;
  if (!twice) return;
  append.lines.push(line);
  append.duplicates++;
}

function lineOf(record: object): Buffer {
  return Buffer.from(`${JSON.stringify(record)}\n`);
}

function nameOf(blob: string, linesBefore: number): string {
  const part = blob.endsWith('.json') ? Math.floor(linesBefore / MOST_LINES) : 0;
  return part === 0 ? blob : blob.replace(/\.json$/, `_${part}.json`);
}
