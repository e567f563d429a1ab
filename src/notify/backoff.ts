import { HOUR_MS, MINUTE_MS } from '../core/kql/timespan.ts';
import { backoffMs } from '../storage/backoff.ts';

const MAX_RETRY_AFTER_MS = 6 * HOUR_MS;
/** The longest pause is shorter than an hour, so that each scoring run finds what the queue no longer retries. */
const BACKOFF = { firstMs: 30_000, longestMs: 30 * MINUTE_MS };

/**
 * How long a sink that failed so many times in a row is left alone (ms): 30 s, doubled up to 30 minutes, with jitter (from
 * 0 to below 1). Never shorter than the receiver asks for by `Retry-After`, up to six hours.
 */
export function sinkBackoffMs(failures: number, retryAfterMs: number, jitter: number): number {
  return Math.max(backoffMs(BACKOFF, failures, jitter), Math.min(retryAfterMs, MAX_RETRY_AFTER_MS));
}
