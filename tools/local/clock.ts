const { now } = Date;
let shiftMs = 0;

/**
 * Moves `Date.now` of this process by `ms` from where it is, so that last week's data is processed as if it were last week. The
 * functions and the check of a webhook's age read `Date.now`. `new Date()`, which signs requests to storage, stays. Call this
 * before the functions are loaded: they keep `Date.now` as it is then, and follow later calls.
 */
export function shiftClock(ms: number): void {
  shiftMs += ms;
  Date.now = shifted;
}

function shifted(): number {
  return now() + shiftMs;
}
