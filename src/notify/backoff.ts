const LONGEST_ASKED_MS = 6 * 3_600_000;
const FIRST_MS = 30_000;
/** Below the hour of the scoring runs, so that each of them finds due what the queue has given up on. */
const LONGEST_MS = 30 * 60_000;

/**
 * How long to wait after so many failures in a row: doubling from 30 s to 30 minutes, somewhere in the upper half of
 * that by `spread` (from 0 to below 1), so that what failed together does not come back together. Never less than the
 * receiver asks for, up to six hours.
 */
export function backoffMs(failures: number, askedMs: number, spread: number): number {
  const full = Math.min(FIRST_MS * 2 ** (Math.max(1, failures) - 1), LONGEST_MS);
  return Math.round(Math.max(full * (0.5 + spread / 2), Math.min(askedMs, LONGEST_ASKED_MS)));
}
