import { bin } from '../core/kql/bin.ts';
import { MINUTE_MS } from '../core/kql/timespan.ts';
import { type Timestamp, timestampFromMs } from '../core/kql/timestamp.ts';

/** Exports arrive up to 40 minutes late, so a window is scored 45 minutes after its end. */
export const DELIVERY_LAG_MS = 45 * MINUTE_MS;
/** The host can start a timer early (azure-functions-host issues 7398 and 8254), and the clocks of instances differ. */
const TOLERANCE_MS = 5 * MINUTE_MS;

/**
 * The end of the window that the timer of minute 45 scores at that time (ms since the epoch). Up to five minutes early, or
 * fifty-five late, is the hour that the timer was set for.
 */
export function scoredHour(now: number): Timestamp {
  return bin(timestampFromMs(now - DELIVERY_LAG_MS + TOLERANCE_MS), '1h');
}

/** The last full hour at that time (ms since the epoch). */
export function lastFullHour(now: number): Timestamp {
  return bin(timestampFromMs(now), '1h');
}

/** Whether a window has not ended, even if this clock is a few minutes late. */
export function isInFuture(asOf: Timestamp, now: number): boolean {
  return asOf > lastFullHour(now + TOLERANCE_MS);
}

/** A window that cannot be scored: nothing of it is stored, or it has not ended. */
export class WindowError extends Error {
  override readonly name = 'WindowError';
  /** The newest stored row; '' where there is none, or where the window has not ended. */
  readonly newest: Timestamp | '';
  constructor(message: string, newest: Timestamp | '' = '') {
    super(message);
    this.newest = newest;
  }
}

/** `the window up to … has not ended: the last full hour is …` */
export function notEnded(asOf: Timestamp, now: number): string {
  return `the window up to ${asOf} has not ended: the last full hour is ${lastFullHour(now)}`;
}
