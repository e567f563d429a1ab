import type { Random } from './random.ts';
import { SECOND_MS } from './span.ts';

/** ISO 8601 in UTC with 7 fraction digits, as the exporter writes its own times. `ms` is whole. */
export function fullInstant(ms: number, random: Random): string {
  return withDigits(ms, 7, random);
}

/** ISO 8601 in UTC with 0 to 7 fraction digits, mostly 7, as they are seen in Timestamp columns. `ms` is whole. */
export function anyInstant(ms: number, random: Random): string {
  return withDigits(ms, random.chance(0.7) ? 7 : random.int(0, 7), random);
}

/** Digits that are left out are cut off, so the text never lies behind `ms` by a second or more, and never after its tick. */
function withDigits(ms: number, digits: number, random: Random): string {
  const second = new Date(ms - (ms % SECOND_MS)).toISOString().slice(0, 19);
  const ticks = (ms % SECOND_MS) * 10_000 + random.int(0, 9_999);
  return digits === 0 ? `${second}Z` : `${second}.${String(ticks).padStart(7, '0').slice(0, digits)}Z`;
}
