/**
 * Moves `Date.now` of this process by `ms`, so that last week's data is processed as if it were last week. The functions
 * and the check of a webhook's age read `Date.now`. `new Date()`, which signs requests to storage, stays. Call this
 * before the functions are loaded.
 */
export function shiftClock(ms: number): void {
  const { now } = Date;
  Date.now = () => now() + ms;
}
