import { addMs, type Timestamp } from './timestamp.ts';

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
