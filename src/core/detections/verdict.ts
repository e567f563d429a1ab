/** The verdicts that an analyst can record. `benign-positive`: it is a beacon, and a wanted one. */
export const VERDICTS = ['acknowledged', 'true-positive', 'benign-positive', 'false-positive'] as const;
export type VerdictValue = (typeof VERDICTS)[number];

/** An analyst's verdict on a detection. It applies to all episodes of the group until a new verdict replaces it. */
export interface Verdict {
  readonly value: VerdictValue;
  /** '' for none. */
  readonly note: string;
  readonly who: string;
  /** Milliseconds since the Unix epoch. */
  readonly at: number;
}

export const MAX_NOTE_LENGTH = 1000;
export const MAX_WHO_LENGTH = 200;
