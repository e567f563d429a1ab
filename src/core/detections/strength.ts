import type { AssessmentSummaries } from './assessments.ts';

/** Orders detections of one severity. */
export interface Strength {
  /** The score of `regularity`, 0 to 1; 0 where it did not match. */
  readonly score: number;
  /** The average of the KQL rule; 0 where it did not match: it matches none that low. */
  readonly average: number;
}

export function strengthOf({ assessments }: { readonly assessments: AssessmentSummaries }): Strength {
  return { score: assessments.regularity?.regularity ?? 0, average: assessments['kql-rule']?.average ?? 0 };
}
