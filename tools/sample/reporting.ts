import type { Random } from './random.ts';
import { HOUR_MS, MINUTE_MS, SAMPLE_HOURS, SECOND_MS } from './span.ts';

/** One reporting period of a device: what it counted in `lengthMs` is reported at `endMs` after the tenant's start. */
export interface ReportingPeriod {
  readonly endMs: number;
  readonly lengthMs: number;
  /** The first after a restart of the service: its ReportIds begin anew. */
  readonly restarted: boolean;
}

const SPAN_MS = SAMPLE_HOURS * HOUR_MS;
const SPREAD_MS = 20 * SECOND_MS;

/**
 * When a device reports. The reporting hour begins when its Defender service does, at a minute of its own, and is not
 * kept to the second: a device that reports close to the full hour reports twice in some clock hours and not at all in
 * others. A restart cuts a period short, at times loses what it had counted, and moves the minute.
 *
 * Microsoft, "Aggregated reporting in Microsoft Defender for Endpoint": the interval is an hour. That the hour begins
 * with the service: Cyb3rMonk, "Beaconing detection using MDE aggregated report telemetry".
 */
export function reportingPeriods(nearFullHour: boolean, random: Random): ReportingPeriod[] {
  const minuteMs = nearFullHour ? HOUR_MS + random.int(-10, 10) * SECOND_MS : random.int(2, 58) * MINUTE_MS;
  // Never so late in an hour that the minute moves close to the full hour.
  const restartMs = random.int(6, SAMPLE_HOURS - 6) * HOUR_MS + random.int(0, 40 * MINUTE_MS);
  const backMs = restartMs + random.int(2, 18) * MINUTE_MS;
  if (!random.chance(0.3)) return periods(minuteMs, SPAN_MS, random);

  const before = periods(minuteMs, restartMs, random);
  const lastEnd = before.at(-1)?.endMs ?? 0;
  // What was counted up to the restart is reported then, or lost.
  if (random.chance(0.5) && restartMs - lastEnd > 2 * MINUTE_MS) {
    before.push({ endMs: restartMs, lengthMs: restartMs - lastEnd, restarted: false });
  }
  const after = periods(backMs + HOUR_MS, SPAN_MS, random);
  return [...before, ...after.map((period, i) => ({ ...period, restarted: i === 0 }))];
}

function periods(firstMs: number, untilMs: number, random: Random): ReportingPeriod[] {
  const result: ReportingPeriod[] = [];
  let lastMs = firstMs - HOUR_MS;
  for (let due = firstMs; ; due += HOUR_MS) {
    const endMs = due + random.int(-SPREAD_MS, SPREAD_MS);
    // A millisecond of room: instants have ticks below it.
    if (endMs >= untilMs - 1) return result;
    result.push({ endMs, lengthMs: endMs - lastMs, restarted: false });
    lastMs = endMs;
  }
}
