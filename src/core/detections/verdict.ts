/** What an analyst can say of a detection. */
export const VERDICTS = ['acknowledged', 'true-positive', 'false-positive'] as const;
export type VerdictValue = (typeof VERDICTS)[number];

/** A person's word on a detection. It stays with the group over all its episodes, until another takes its place. */
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
