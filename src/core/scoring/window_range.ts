import { addMs, msOf, type Timestamp } from '../kql/timestamp.ts';
import { type Window, windowOf } from './window.ts';

/** The windows that end at `from`, every `everyMs` milliseconds after it, and at `to`, which is not before `from`. */
export function windowsBetween(from: Timestamp, to: Timestamp, everyMs: number, lookbackDays: number): Window[] {
  const ends: Timestamp[] = [];
  for (let n = 0; n < numberBetween(from, to, everyMs); n++) {
    const end = addMs(from, n * everyMs);
    if (end < to) ends.push(end);
  }
  return [...ends, to].map((asOf) => windowOf(asOf, lookbackDays));
}

/** The number of these windows, or one more. */
export function numberBetween(from: Timestamp, to: Timestamp, everyMs: number): number {
  return Math.ceil((msOf(to) - msOf(from)) / everyMs) + 1;
}

/** From the start of the first window to the end of the last. Windows come in order, and at least one. */
export function spanOf(windows: readonly Window[]): Window {
  const [first, last] = [windows[0], windows.at(-1)];
  if (first === undefined || last === undefined) throw new RangeError('no window');
  return { after: first.after, asOf: last.asOf };
}
