import { DAY_MS, HOUR_MS, MINUTE_MS } from '../core/kql/timespan.ts';
import { type Timestamp, timestampFromMs, timestampOf } from '../core/kql/timestamp.ts';
import { escapeForDisplay } from '../core/text/escape.ts';
import { UsageError } from './errors.ts';

/** The forms of a TIME, for a message: `--since must be …`. */
export const TIME_FORMS = 'an ISO 8601 instant such as 2026-11-20T12:00:00Z, a date, now, or an age such as 24h or 3d';

/**
 * The instant of a TIME: an ISO 8601 instant, a date (its first instant in UTC), `now`, or an age such as `24h` or `3d`;
 * null for another text.
 */
export function timeIn(text: string, nowMs: number = Date.now()): Timestamp | null {
  return (
    timestampOf(text) ??
    (/^\d{4}-\d\d-\d\d$/.test(text) ? timestampOf(`${text}T00:00:00Z`) : null) ??
    (text === 'now' ? timestampFromMs(nowMs) : null) ??
    ago(text, nowMs)
  );
}

/** The instant of an option that takes a TIME. Throws a UsageError. */
export function timeOf(option: string, text: string, nowMs: number = Date.now()): Timestamp {
  return timeIn(text, nowMs) ?? refused(option, TIME_FORMS, text);
}

/** Milliseconds of a span such as `30m`, `24h` or `3d`. Throws a UsageError. */
export function spanMsOf(option: string, text: string): number {
  return spanMs(text) ?? refused(option, 'a span such as 30m, 24h or 3d', text);
}

/** The instant a day from now: a later report comes from a wrong clock. */
export function tomorrow(): Timestamp {
  return timestampFromMs(Date.now() + DAY_MS);
}

const UNITS: Readonly<Record<string, number>> = { m: MINUTE_MS, h: HOUR_MS, d: DAY_MS };

function ago(text: string, nowMs: number): Timestamp | null {
  const ms = spanMs(text);
  try {
    return ms === null ? null : timestampFromMs(nowMs - ms);
  } catch (error) {
    // Before the year 0.
    if (error instanceof RangeError) return null;
    throw error;
  }
}

function spanMs(text: string): number | null {
  const [, number = '', unit = ''] = /^(\d{1,9})([mhd])$/.exec(text) ?? [];
  const ms = Number(number) * (UNITS[unit] ?? 0);
  return ms > 0 ? ms : null;
}

function refused(option: string, wanted: string, text: string): never {
  throw new UsageError(`${option} must be ${wanted}, got "${escapeForDisplay(text)}"`);
}
