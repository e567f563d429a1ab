/** `2026-11-20 12:00` of any ISO 8601 text in UTC. */
export function minute(timestamp: string): string {
  return `${timestamp.slice(0, 10)} ${timestamp.slice(11, 16)}`;
}

/** A duration for a person: `30 s`, `1.5 min`. */
export function secondsText(seconds: number): string {
  return seconds < 90 ? `${rounded(seconds)} s` : `${rounded(seconds / 60)} min`;
}

/** Three significant digits. */
export function rounded(value: number): string {
  return String(Number(value.toPrecision(3)));
}

/** `3 days`, `1 day`, `0.5 days`. */
export function daysText(days: number): string {
  return `${rounded(days)} day${days === 1 ? '' : 's'}`;
}
