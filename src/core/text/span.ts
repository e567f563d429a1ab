import { roundedText } from './numbers.ts';

/** A duration that a person reads at once: `60 s`, `272 s`, `15 min`, `4.5 h`. */
export function spanText(seconds: number): string {
  return `${inUnit(seconds, unitOf(seconds))} ${unitOf(seconds)}`;
}

/** Two durations in the unit of the longer one: `195–349 s`. */
export function spansText(low: number, high: number): string {
  const unit = unitOf(high);
  const [from, to] = [inUnit(low, unit), inUnit(high, unit)];
  if (from !== to) return `${from}–${to} ${unit}`;
  // Rounded to the same: seconds say how far apart they are.
  return low === high || unit === 's' ? `${to} ${unit}` : `${inUnit(low, 's')}–${inUnit(high, 's')} s`;
}

type Unit = 's' | 'min' | 'h';

function unitOf(seconds: number): Unit {
  if (seconds >= 5400) return 'h';
  return seconds >= 600 || (seconds >= 120 && seconds % 60 === 0) ? 'min' : 's';
}

const SECONDS: Readonly<Record<Unit, number>> = { s: 1, min: 60, h: 3600 };

function inUnit(seconds: number, unit: Unit): string {
  return roundedText(seconds / SECONDS[unit], unit === 's' && seconds >= 10 ? 0 : 1);
}
