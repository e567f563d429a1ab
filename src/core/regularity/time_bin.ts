export const HOUR_SECONDS = 3600;
/** The window of this detector in days, whatever `LOOKBACK_DAYS` says. */
export const REGULARITY_DAYS = 3;
export const WINDOW_SECONDS = REGULARITY_DAYS * 24 * HOUR_SECONDS;

/** What `regularity` counts by: clock hours, or shorter bins. */
export type BinUnit = 'hour' | 'bin';

/** `unitOf(3600)` is `hour`. */
export function unitOf(binSeconds: number): BinUnit {
  return binSeconds === HOUR_SECONDS ? 'hour' : 'bin';
}

/**
 * The seconds of a bin of some minutes, which replaces the hour for raw sources: `binSecondsOf(5)` is 300.
 * Throws a RangeError where the minutes do not divide an hour.
 */
export function binSecondsOf(minutes: number): number {
  if (!Number.isInteger(minutes) || minutes < 1 || 60 % minutes !== 0) {
    throw new RangeError(`a bin is a number of minutes that divides 60, such as 5; got ${minutes}`);
  }
  return minutes * 60;
}
