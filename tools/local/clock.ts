/**
 * Moves this process's `Date.now` by `ms`: data of last week is read as it would have been last week. The functions take
 * their clock from there, and so does the check of a webhook's age; `new Date()`, by which requests to storage are
 * signed, is left alone. To be called before the functions are loaded.
 */
export function shiftClock(ms: number): void {
  const { now } = Date;
  Date.now = () => now() + ms;
}
