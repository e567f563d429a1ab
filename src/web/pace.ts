import { inliersOf } from '../core/scoring/spread.ts';
import { percentageText } from '../core/text/numbers.ts';
import { spansText, spanText } from '../core/text/span.ts';
import type { PageDetection } from './page_data.ts';

const HOUR_SECONDS = 3600;

/** The time between connections, and how far the hours scatter. */
export interface ShownPace {
  readonly seconds: number;
  readonly low: number;
  readonly high: number;
  /** Standard deviation over mean of the counts per hour, or what the deciding view of `regularity` amounts to. */
  readonly spread: number;
}

/**
 * The pace of a detection: from the KQL rule where it matches, else from `regularity`. A view is the variance of the hours
 * in shares of what chance gives, so its square root over that of the mean is a spread. null where neither has one.
 */
export function paceOfDetection({ kqlRule, regularity }: PageDetection): ShownPace | null {
  if (kqlRule?.interval != null) {
    const { seconds, deviation } = kqlRule.interval;
    return { seconds, low: Math.max(0, seconds - deviation), high: seconds + deviation, spread: kqlRule.spread };
  }
  if (regularity === null) return null;
  const { interval, interval_low, interval_high, views, view } = regularity;
  return {
    seconds: interval,
    low: interval_low,
    high: interval_high,
    spread: spreadOfView(views[view] ?? 1, interval),
  };
}

/** The spread of hourly counts whose variance is `view` times that of chance, at one connection every `seconds`. */
export function spreadOfView(view: number, seconds: number): number {
  return Math.sqrt((view * seconds) / HOUR_SECONDS);
}

/** `60 s`, and below it `±1.4 %` or `195 s–349 s`. */
export function paceTexts(detection: PageDetection): { readonly every: string; readonly around: string } {
  const pace = paceOfDetection(detection);
  if (pace === null) return { every: '–', around: '' };
  const every = spanText(pace.seconds);
  if (detection.kqlRule?.interval != null) return { every, around: `±${percentageText(pace.spread)}` };
  return { every, around: spansText(pace.low, pace.high) };
}

/** For each hour of the window: 1 above the expected range, -1 below, 0 within or without a report. */
export function hourFlags({ kqlRule, hours }: PageDetection, hourNames: readonly string[]): number[] {
  const flags = new Map<string, number>();
  for (const { hour, flag } of kqlRule?.points ?? []) if (flag !== 0) flags.set(hour, flag);
  return hours.map((_count, index) => flags.get(hourNames[index] ?? '') ?? 0);
}

/** The mean of the hours within the expected range: the measure of a strip's shades. */
export function usualCount(hours: readonly (number | null)[], flags: readonly number[]): number {
  const counted = hours.flatMap((count, index) => (count === null ? [] : [{ count, flag: flags[index] ?? 0 }]));
  const counts = counted.map(({ count }) => count);
  const inliers = inliersOf(
    counts,
    counted.map(({ flag }) => flag),
  );
  const used = inliers.length > 0 ? inliers : counts;
  return used.length === 0 ? 0 : used.reduce((sum, count) => sum + count, 0) / used.length;
}
