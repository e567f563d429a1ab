import type { DetectionSummary } from '../core/detections/detection.ts';
import type { InputFault } from './input_faults.ts';

/** A comparison of a number of a detection. */
export interface NumberTest {
  readonly member: NumberMember;
  readonly relation: '<' | '>' | '=';
  readonly value: number;
}

type NumberMember = 'interval' | 'devices' | 'average' | 'spread' | 'score';

const NUMBERS: Readonly<Record<NumberMember, (detection: Numbered) => number | null>> = {
  interval: ({ assessments: { 'kql-rule': rule, regularity } }) =>
    regularity?.interval ?? rule?.interval?.seconds ?? null,
  devices: ({ devices }) => devices,
  average: ({ assessments }) => assessments['kql-rule']?.average ?? null,
  spread: ({ assessments }) => assessments['kql-rule']?.spread ?? null,
  score: ({ assessments }) => assessments.regularity?.regularity ?? null,
};

type Numbered = Pick<DetectionSummary, 'assessments' | 'devices'>;

/** Whether a detection fits all tests. A detection without the number fits none. */
export function fitsNumbers(tests: readonly NumberTest[], detection: Numbered): boolean {
  return tests.every(({ member, relation, value }) => {
    const number = NUMBERS[member](detection);
    if (number === null) return false;
    return relation === '<' ? number < value : relation === '>' ? number > value : number === value;
  });
}

const PARAMETERS = [
  ...['state', 'device', 'process', 'remote', 'severity', 'source', 'detector', 'suppressed', 'verdict', 'since'],
];

/** What a search text asks for: parameters of a list, and comparisons of numbers. */
export type SearchReading =
  | {
      readonly ok: true;
      readonly parameters: Readonly<Record<string, string>>;
      readonly numbers: readonly NumberTest[];
    }
  | { readonly ok: false; readonly faults: readonly InputFault[] };

/**
 * Reads one search text, such as `process:rundll32* device:wks-* interval:<120`. Each word is a parameter of the list, or a
 * number with `<`, `>` or nothing for equal; all must fit. Quotes hold a name with spaces: `process:"a b.exe"`. A word
 * without a colon is part of a process name.
 */
export function readSearch(text: string): SearchReading {
  const parameters: Record<string, string> = {};
  const numbers: NumberTest[] = [];
  const faults: InputFault[] = [];
  for (const [, name = '', quoted, bare] of text.matchAll(/(?:([a-z]+):)?(?:"([^"]*)"|(\S+))/gi)) {
    const value = quoted ?? bare ?? '';
    const member = name.toLowerCase();
    const named = member === '' ? 'process' : member;
    if (Object.hasOwn(NUMBERS, named)) {
      const test = numberTest(named as NumberMember, value);
      if (test === null) faults.push({ name: named, message: 'must be a number, or < or > and a number' });
      else numbers.push(test);
    } else if (!PARAMETERS.includes(named)) {
      faults.push({ name: named, message: `must be one of ${[...PARAMETERS, ...Object.keys(NUMBERS)].join(', ')}` });
    } else if (Object.hasOwn(parameters, named)) {
      faults.push({ name: named, message: 'must be given once' });
    } else {
      parameters[named] = member === '' && !value.includes('*') ? `*${value}*` : value;
    }
  }
  return faults.length === 0 ? { ok: true, parameters, numbers } : { ok: false, faults };
}

function numberTest(member: NumberMember, text: string): NumberTest | null {
  const [, relation = '', number] = /^([<>]?)(\d{1,12}(?:\.\d{1,9})?)$/.exec(text) ?? [];
  if (number === undefined) return null;
  return { member, relation: relation === '<' || relation === '>' ? relation : '=', value: Number(number) };
}
