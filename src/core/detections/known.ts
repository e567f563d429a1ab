import type { IpRange } from './ip_range.ts';

/** The lists of the operator: what may be there, and what must not be. */
export const KNOWN_LISTS = ['expected', 'indicator'] as const;
export type KnownList = (typeof KNOWN_LISTS)[number];

/** What the operator knows of a detection. */
export interface Known {
  readonly list: KnownList;
  /** Text of the operator, at most `MAX_KNOWN_REASON` characters. */
  readonly reason: string;
}

export const MAX_KNOWN_REASON = 200;

/** One entry of the operator's file. All criteria that it names must match, and it names at least one. */
export interface KnownEntry extends Known {
  /** null for any. */
  readonly network: IpRange | null;
  /** A file name, compared without regard to case; `*` is any text. '' for any. */
  readonly program: string;
  /** In lower case; '' for any. */
  readonly hash: string;
}

/** What an entry is compared with. */
export interface KnownFacts {
  readonly InitiatingProcessFileName: string;
  /** Of the newest program: 16 hex digits; null where the telemetry has none. */
  readonly programHash: string | null;
  /** Of a process as a whole all of its addresses. */
  readonly addresses: readonly string[];
}

/** What the operator knows; null for nothing. */
export type KnownOf = (facts: KnownFacts) => Known | null;

export const NOTHING_KNOWN: KnownOf = () => null;

const TITLES: Readonly<Record<KnownList, string>> = { expected: 'Expected', indicator: 'Known indicator' };

/** What an entry did to a severity: `Known indicator: C2 of INC-4711; so one severity higher than low.` `from`: null for no change. */
export function knownSentence({ list, reason }: Known, from: string | null): string {
  const step = list === 'indicator' ? 'higher' : 'lower';
  return `${TITLES[list]}: ${reason.replace(/\.$/, '')}${from === null ? '' : `; so one severity ${step} than ${from}`}.`;
}

/** A reason with that sentence, cut in two: the sentence as label and value, and what is left of the reason. */
export function knownPartOf(severityReason: string, known: Known | null) {
  if (known === null) return null;
  const sentence = [null, 'low', 'medium', 'high']
    .map((from) => knownSentence(known, from))
    .find((each) => severityReason.includes(` ${each}`));
  if (sentence === undefined) return null;
  const label = TITLES[known.list];
  const value = sentence.slice(label.length + 2, -1);
  return { label, value, rest: severityReason.replace(` ${sentence}`, () => '') };
}
