import type { Buffer } from 'node:buffer';
import { HOUR_MS, MINUTE_MS } from '../../src/core/kql/timespan.ts';
import type { Append } from './appends.ts';
import { type FaultPlace, unreadable } from './faults.ts';
import type { Plan } from './plan.ts';
import { type Random, randomOf } from './random.ts';
import { lineOf } from './records.ts';
import { type SensorShows, type Sent, sensorOf } from './sensor.ts';
import { SAMPLE_HOURS, SECOND_MS } from './span.ts';

/** One complete export, in one append. */
export interface SampleExport extends Append {
  /** Start of the hour of delivery, in ms since the Unix epoch. */
  readonly hour: number;
  /** Rows that do not count as `reports`. */
  readonly others: number;
}

export const CONTAINER = 'insights-logs-advancedhunting-devicenetworkevents';

/** Share of rows that the exporter delivers again; a repeat may repeat. */
export const AGAIN = 0.034;
/** Share of device hours that are delivered hours or days late. */
const LATE = 0.012;
/** Limit of the last delivery, repeats excepted. A device hour that would be later is not delayed. */
const LAST_DELIVERY_MS = SAMPLE_HOURS * HOUR_MS + 55 * MINUTE_MS;

interface Delivery {
  readonly atMs: number;
  readonly line: Buffer;
  readonly kind: 'report' | 'other' | 'duplicate';
  readonly late: boolean;
}

/**
 * The exports of a tenant in order of time, each generated on demand. Memory holds one hour of the tenant, and late
 * rows. Pure: the same plan gives the same bytes.
 *
 * Layout: an append blob of JSON lines for each hour of delivery, as Defender's Streaming API writes them to a storage
 * account (Microsoft, "Stream events to your Storage account"). Rows come 5 to 40 minutes after their event.
 */
export function* sampleExports(plan: Plan, shows: SensorShows = 'reports'): Generator<SampleExport> {
  const sensors = plan.devices.map((device) => sensorOf(plan, device, shows));
  const waiting = new Map<number, Delivery[]>();
  const put = (delivery: Delivery) => {
    const hour = Math.floor((delivery.atMs - plan.start) / HOUR_MS);
    const others = waiting.get(hour);
    if (others) others.push(delivery);
    else waiting.set(hour, [delivery]);
  };

  for (let hour = 0; hour < SAMPLE_HOURS || waiting.size > 0; hour++) {
    for (const sensor of hour < SAMPLE_HOURS ? sensors : []) {
      const random = randomOf(plan.seed, 'delivery', sensor.device.index, hour);
      const delayMs = plan.plain ? 0 : delayOf(hour, random);
      for (const sent of sensor.hour(hour)) {
        for (const delivery of deliveries(sent, delayMs, plan, random)) put(delivery);
      }
    }
    // No row is delivered before its event, so this hour is complete.
    const deliveriesOfHour = waiting.get(hour);
    waiting.delete(hour);
    if (deliveriesOfHour) yield exportOf(deliveriesOfHour, hour, plan);
  }
}

/** The extra delay of a device's rows of an hour, in ms; mostly 0. */
function delayOf(hour: number, random: Random): number {
  if (!random.chance(LATE)) return 0;
  const hours = 2 + 58 * random.fraction() ** 2;
  return (hour + 1 + hours) * HOUR_MS < LAST_DELIVERY_MS ? Math.floor(hours * HOUR_MS) : 0;
}

function* deliveries(sent: Sent, delayMs: number, plan: Plan, random: Random): Generator<Delivery> {
  let atMs = sent.atMs + delayMs + random.int(5 * MINUTE_MS, 40 * MINUTE_MS);
  const line = () => lineOf(sent.properties, plan.tenantId, atMs, random);
  yield { atMs, line: line(), kind: sent.isReport ? 'report' : 'other', late: delayMs > 0 };
  while (!plan.plain && random.chance(AGAIN)) {
    // Mostly within the export of the same hour, at times in the next.
    atMs += 15 * SECOND_MS + Math.floor(25 * MINUTE_MS * random.fraction() ** 3);
    yield { atMs, line: line(), kind: 'duplicate', late: false };
  }
}

function exportOf(deliveries: readonly Delivery[], hour: number, plan: Plan): SampleExport {
  const sorted = deliveries.toSorted((a, b) => a.atMs - b.atMs);
  const lines = sorted.map(({ line }) => line);
  const faults = plan.faults
    .filter((place) => place.hour === hour)
    .flatMap((place) => spoil(lines, sorted, place, plan));
  const startMs = plan.start + hour * HOUR_MS;
  const count = (kind: Delivery['kind']) => deliveries.filter((delivery) => delivery.kind === kind).length;
  return {
    container: CONTAINER,
    name: nameOf(plan.tenantId, startMs),
    hour: startMs,
    lines,
    reports: count('report'),
    others: count('other'),
    duplicates: count('duplicate'),
    late: deliveries.filter(({ late }) => late).length,
    unreadable: faults,
  };
}

/** Inserts an unreadable line, made from one of the reports of `sorted`. Returns its number, from 1. */
function spoil(
  lines: Buffer[],
  sorted: readonly Delivery[],
  place: FaultPlace,
  plan: Plan,
): SampleExport['unreadable'] {
  const random = randomOf(plan.seed, 'spoil', place.hour);
  const index = Math.floor(place.depth * sorted.length);
  const isReport = ({ kind, line }: Delivery) => kind === 'report' && line.includes('"InitiatingProcessFileName":"');
  const model = sorted.slice(index).find(isReport) ?? sorted.find(isReport);
  // A tenant of one device has hours without a report.
  if (model === undefined) return [];
  lines.splice(index, 0, unreadable(place.kind, model.line, random));
  return [{ line: index + 1, kind: place.kind }];
}

function nameOf(tenantId: string, startMs: number): string {
  const [date = '', time = ''] = new Date(startMs).toISOString().split('T');
  const [year, month, day] = date.split('-');
  return `tenantId=${tenantId}/y=${year}/m=${month}/d=${day}/h=${time.slice(0, 2)}/m=00/PT1H.json`;
}
