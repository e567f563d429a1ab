/** The part of a number of tries that succeeded, and between which shares the true one lies. */
export interface Share {
  readonly hits: number;
  readonly of: number;
}

/** z of a two-sided interval that holds the true share in 99.7 % of all cases. */
export const Z_997 = 2.9677;

/**
 * Wilson's score interval of a share, in [0, 1]. `wilson({ hits: 200, of: 200 })` is 0.958 to 1; no try gives 0 to 1.
 * Source: E. B. Wilson (1927), Journal of the American Statistical Association 22.
 */
export function wilson({ hits, of }: Share, z = Z_997): readonly [low: number, high: number] {
  if (of === 0) return [0, 1];
  const share = hits / of;
  const scale = 1 + z ** 2 / of;
  const centre = (share + z ** 2 / (2 * of)) / scale;
  const half = (z / scale) * Math.sqrt((share * (1 - share)) / of + z ** 2 / (4 * of ** 2));
  return [Math.max(0, centre - half), Math.min(1, centre + half)];
}

/** Whether the intervals of two shares overlap: chance may explain the difference. */
export function agree(a: Share, b: Share): boolean {
  const [lowA, highA] = wilson(a);
  const [lowB, highB] = wilson(b);
  return lowA <= highB && lowB <= highA;
}
