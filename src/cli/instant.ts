import { DAY_MS } from '../core/kql/timespan.ts';
import { type Timestamp, timestampFromMs, timestampOf } from '../core/kql/timestamp.ts';
import { escapeForDisplay } from '../core/text/escape.ts';
import { UsageError } from './errors.ts';

/** The instant of an option. Throws a UsageError. */
export function instantOf(option: string, text: string): Timestamp {
  const instant = timestampOf(text);
  if (instant !== null) return instant;
  throw new UsageError(
    `${option} must be an ISO 8601 instant such as 2026-11-20T12:00:00Z, got "${escapeForDisplay(text)}"`,
  );
}

/** The instant a day from now: a later report comes from a wrong clock. */
export function tomorrow(): Timestamp {
  return timestampFromMs(Date.now() + DAY_MS);
}
