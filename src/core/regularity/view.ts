/** The views in the order in which the first of equal ones counts. */
export type ViewName = 'spread' | 'steps' | 'gaps';

/** One measure of a group's unevenness. */
export interface View {
  readonly name: ViewName;
  /** 0 is clockwork, 1 is chance (a Poisson process); people are above 1. Never negative. */
  readonly value: number;
  /** What it was measured on, in points of full weight; not always whole. */
  readonly n: number;
  /** The n at which a perfect view gives a score of 0.5: few points prove little. */
  readonly k: number;
}

/** n(1 − value)/(n + k), at least 0 and below 1. `viewScore({ name: 'spread', value: 0, n: 70, k: 5 })` is 0.933. */
export function viewScore({ value, n, k }: View): number {
  return Math.max(0, (n * (1 - value)) / (n + k));
}

/** The view with the highest score; of equal ones the first. null for no view. */
export function bestView(views: readonly View[]): View | null {
  let best: View | null = null;
  for (const view of views) if (best === null || viewScore(view) > viewScore(best)) best = view;
  return best;
}
