/** `LONG=1`, as `npm run long` sets it: everything that is random or repeated is tried far more often. */
export const LONG = process.env['LONG'] === '1';

/** A number of tries: few on every run, so that the inner loop stays fast, and many in the long tests. */
export function tries(usual: number, long: number): number {
  return LONG ? long : usual;
}
