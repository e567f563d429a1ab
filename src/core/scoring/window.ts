import { DAY_MS } from '../kql/timespan.ts';
import { addMs, type Timestamp } from '../kql/timestamp.ts';
import type { Contribution } from '../records/contribution.ts';
import { isRaw } from '../records/report.ts';

/** The half-open span `(after, asOf]` of a report's own time: `Timestamp > ago(lookback)`, and nothing after asOf. */
export interface Window {
  readonly after: Timestamp;
  readonly asOf: Timestamp;
}

/** The window of `lookbackDays` days, rounded to a second, that ends with `asOf`: stored counts have whole seconds. */
export function windowOf(asOf: Timestamp, lookbackDays: number): Window {
  return { after: addMs(asOf, -1000 * Math.round((lookbackDays * DAY_MS) / 1000)), asOf };
}

export function isWithin(timestamp: Timestamp, window: Window): boolean {
  return timestamp > window.after && timestamp <= window.asOf;
}

/**
 * Whether a contribution belongs to the window: a report by its own time; raw events, which are counted per hour, by the
 * start of their hour. The hour that starts at `after` is inside, the one that starts at asOf is not: a window that ends
 * at a full hour holds whole hours.
 */
export function isOfWindow({ source, Timestamp }: Pick<Contribution, 'source' | 'Timestamp'>, window: Window): boolean {
  if (!isRaw(source)) return isWithin(Timestamp, window);
  return Timestamp >= window.after && Timestamp < window.asOf;
}
