/**
 * Connections an hour for a person, up to one digit behind the point: `60`, `56.3`. Every text says a mean by this, so
 * that nobody meets 59, 59.83 and 60 of one beacon.
 */
export function rateText(perHour: number): string {
  return String(Math.round(perHour * 10) / 10);
}
