import { HOUR_MS, MINUTE_MS } from '../../src/core/kql/timespan.ts';
import type { Random } from './random.ts';
import { SAMPLE_HOURS, SECOND_MS } from './span.ts';

/** One reporting period of a device: the counts of `lengthMs` are reported at `endMs` after the tenant's start. */
export interface ReportingPeriod {
  readonly endMs: number;
  readonly lengthMs: number;
  /** The first period after a restart of the service: ReportIds start again. */
  readonly restarted: boolean;
}

const SPAN_MS = SAMPLE_HOURS * HOUR_MS;
const SPREAD_MS = 20 * SECOND_MS;

/**
 * The reporting periods of a device. The reporting hour begins when the Defender service starts, at any minute, and varies
 * by seconds. A device that reports close to the full hour reports twice in some clock hours and not at all in others. A
 * restart cuts a period short, at times loses its counts, and moves the minute.
 *
 * Microsoft, "Aggregated reporting in Microsoft Defender for Endpoint": the interval is an hour. That the hour begins
 * with the service: Cyb3rMonk, "Beaconing detection using MDE aggregated report telemetry".
 */
export function reportingPeriods(nearFullHour: boolean, random: Random): ReportingPeriod[] {
  const minuteMs = nearFullHour ? HOUR_MS + random.int(-10, 10) * SECOND_MS : random.int(2, 58) * MINUTE_MS;
  // The new minute stays away from the full hour.
  const restartMs = random.int(6, SAMPLE_HOURS - 6) * HOUR_MS + random.int(0, 40 * MINUTE_MS);
  const backMs = restartMs + random.int(2, 18) * MINUTE_MS;
  if (!random.chance(0.3)) return periods(minuteMs, SPAN_MS, random);

  const before = periods(minuteMs, restartMs, random);
  const lastEnd = before.at(-1)?.endMs ?? 0;
  // The counts up to the restart are reported at the restart, or lost.
  if (random.chance(0.5) && restartMs - lastEnd > 2 * MINUTE_MS) {
    before.push({ endMs: restartMs, lengthMs: restartMs - lastEnd, restarted: false });
  }
  const after = periods(backMs + HOUR_MS, SPAN_MS, random);
  return [...before, ...after.map((period, i) => ({ ...period, restarted: i === 0 }))];
}

function periods(firstMs: number, untilMs: number, random: Random): ReportingPeriod[] {
  const result: ReportingPeriod[] = [];
  let lastMs = firstMs - HOUR_MS;
  for (let nominalMs = firstMs; ; nominalMs += HOUR_MS) {
    const endMs = nominalMs + random.int(-SPREAD_MS, SPREAD_MS);
    // A millisecond of room, since instants have ticks below it.
    if (endMs >= untilMs - 1) return result;
    result.push({ endMs, lengthMs: endMs - lastMs, restarted: false });
    lastMs = endMs;
  }
}
