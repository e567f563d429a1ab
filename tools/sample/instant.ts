import type { Random } from './random.ts';
import { SECOND_MS } from './span.ts';

/** ISO 8601 in UTC with 7 fraction digits, as the exporter writes its own times. `ms` is an integer. */
export function fullInstant(ms: number, random: Random): string {
  return withDigits(ms, 7, random);
}

/** ISO 8601 in UTC with 0 to 7 fraction digits, mostly 7, as seen in Timestamp columns. `ms` is an integer. */
export function anyInstant(ms: number, random: Random): string {
  return withDigits(ms, random.chance(0.7) ? 7 : random.int(0, 7), random);
}

/** Missing digits are cut off, not rounded: the text is never later than its tick, and less than a second earlier. */
function withDigits(ms: number, digits: number, random: Random): string {
  const second = new Date(ms - (ms % SECOND_MS)).toISOString().slice(0, 19);
  const ticks = (ms % SECOND_MS) * 10_000 + random.int(0, 9_999);
  return digits === 0 ? `${second}Z` : `${second}.${String(ticks).padStart(7, '0').slice(0, digits)}Z`;
}
