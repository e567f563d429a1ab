import { HOUR_MS } from '../core/kql/timespan.ts';
import { type Timestamp, timestampFromMs } from '../core/kql/timestamp.ts';
import { type Window, windowOf } from '../core/scoring/window.ts';
import { numberBetween, windowsBetween } from '../core/scoring/window_range.ts';
import { counted, groupedText } from '../core/text/numbers.ts';
import { UsageError } from './errors.ts';
import { spanMsOf, timeOf } from './instant.ts';
import { daysText } from './output/number_text.ts';

export interface WindowOptions {
  readonly now?: string;
  readonly from?: string;
  readonly to?: string;
  readonly every?: string;
}

/** The windows of one call, in order of time and without a gap between them. */
export interface Windows {
  readonly windows: readonly Window[];
  /** Whether --from and --to gave them; otherwise there is one. */
  readonly isRange: boolean;
}

const DEFAULT_EVERY = '24h';
/** Each matching group holds a flag for each window. */
const MAX_WINDOWS = 1000;

/** The window that ends at --now, or those between --from and --to. Throws a UsageError. */
export function windowsIn(options: WindowOptions, lookbackDays: number): Windows {
  const { now, from, to, every } = options;
  const nowMs = Date.now();
  if (from === undefined && to === undefined) {
    if (every !== undefined) throw new UsageError('--every needs --from and --to');
    const asOf = now === undefined ? timestampFromMs(nowMs) : timeOf('--now', now, nowMs);
    return { windows: checked('--now', lookbackDays, () => [windowOf(asOf, lookbackDays)]), isRange: false };
  }
  if (now !== undefined) throw new UsageError('give --now, or --from and --to, not both');
  if (from === undefined) throw new UsageError('--to needs --from, the end of the first window');
  if (to === undefined) throw new UsageError('--from needs --to, the end of the last window, such as --to now');
  const first = timeOf('--from', from, nowMs);
  const last = timeOf('--to', to, nowMs);
  const everyMs = spanMsOf('--every', every ?? DEFAULT_EVERY);
  check(first, last, every ?? DEFAULT_EVERY, everyMs, lookbackDays);
  return {
    windows: checked('--from', lookbackDays, () => windowsBetween(first, last, everyMs, lookbackDays)),
    isRange: true,
  };
}

function check(first: Timestamp, last: Timestamp, every: string, everyMs: number, lookbackDays: number): void {
  if (first > last) throw new UsageError(`--from must not be after --to, got ${first} and ${last}`);
  if (everyMs > Math.round(lookbackDays * 24 * HOUR_MS))
    throw new UsageError(
      `--every must be at most the length of a window (${daysText(lookbackDays)}), so that no report is between two windows, got ${every}`,
    );
  const number = numberBetween(first, last, everyMs);
  if (number > MAX_WINDOWS)
    throw new UsageError(
      `--from ${first} --to ${last} --every ${every} are ${counted(number, 'window')}, at most ${groupedText(MAX_WINDOWS)} are scored at once: ` +
        'choose a longer --every or a shorter range',
    );
}

/** Throws a UsageError if a window would begin before the year 0. */
function checked(option: string, lookbackDays: number, windows: () => Window[]): Window[] {
  try {
    return windows();
  } catch (error) {
    if (error instanceof RangeError)
      throw new UsageError(`${option} is too early: a window of ${lookbackDays} days would begin before the year 0`);
    throw error;
  }
}
