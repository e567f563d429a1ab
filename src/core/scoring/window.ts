import { addMs, type Timestamp } from '../kql/timestamp.ts';
import type { Contribution } from '../records/contribution.ts';
import { isRaw } from '../records/report.ts';

/** The half-open span `(after, asOf]` of a report's own time: `Timestamp > ago(lookback)`, and nothing after asOf. */
export interface Window {
  readonly after: Timestamp;
  readonly asOf: Timestamp;
}

const DAY_MS = 86_400_000;

/** The window of `lookbackDays` days up to and with `asOf`. */
export function windowOf(asOf: Timestamp, lookbackDays: number): Window {
  return { after: addMs(asOf, -Math.round(lookbackDays * DAY_MS)), asOf };
}

export function isWithin(timestamp: Timestamp, window: Window): boolean {
  return timestamp > window.after && timestamp <= window.asOf;
}

/**
 * Whether a contribution belongs to the window: a report by its own time; raw events, which are counted by the hour, by
 * the start of theirs. Up to a full hour these are the hours that have passed, whole: what happens at the start of an
 * hour or later belongs to that hour, so the one that begins at `after` is inside, and the one that begins at asOf is not.
 */
export function isOfWindow({ source, Timestamp }: Pick<Contribution, 'source' | 'Timestamp'>, window: Window): boolean {
  if (!isRaw(source)) return isWithin(Timestamp, window);
  return Timestamp >= window.after && Timestamp < window.asOf;
}
