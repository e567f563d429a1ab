/** A logarithmic scale: values beyond the domain are drawn at its ends. */
export interface LogScale {
  readonly from: number;
  readonly to: number;
  /** The position of a value. */
  readonly at: (value: number) => number;
}

/** `logScale(1, 100, 0, 50).at(10)` is 25. */
export function logScale(from: number, to: number, start: number, end: number): LogScale {
  const span = Math.log(to / from);
  return {
    from,
    to,
    at: (value) => start + ((end - start) * Math.log(Math.min(to, Math.max(from, value)) / from)) / span,
  };
}

/** A coordinate in at most one decimal. */
export function unit(value: number): string {
  return String(Math.round(value * 10) / 10);
}
