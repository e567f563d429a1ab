/** Pauses between tries: the first, and the longest (ms). */
export interface Backoff {
  readonly firstMs: number;
  readonly longestMs: number;
}

/**
 * How long to wait after so many failures in a row (ms; 0 failures count as 1): the first pause, doubled for each further
 * failure, up to the longest. `jitter`, from 0 to below 1, takes a pause from the upper half of that, so that workers that
 * failed together do not come back together; 1 is the whole pause.
 */
export function backoffMs({ firstMs, longestMs }: Backoff, failures: number, jitter = 1): number {
  const full = Math.min(firstMs * 2 ** (Math.max(1, failures) - 1), longestMs);
  return Math.round(full * (0.5 + jitter / 2));
}
