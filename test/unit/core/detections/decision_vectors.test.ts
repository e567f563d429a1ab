import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { baselineAfter, baselinePhaseOf, NO_BASELINE_YET } from '../../../../src/core/detections/baseline.ts';
import {
  type DecisionLine,
  type DecisionState,
  decide,
  type RunFacts,
} from '../../../../src/core/detections/decision.ts';
import type { Severity } from '../../../../src/core/detections/detection.ts';
import { isToSend, quietRun, runAt } from './decision_cases.ts';

/** Runs of one detection and one sink, with the correct outcome of each, by hand. They are not kept in this repository. */
const FILE = fileURLToPath(new URL('../../../../../shared/regularity-vectors.json', import.meta.url));
const absent = !existsSync(FILE);
if (absent) console.log(`skipped: the sequences of runs, because ${FILE} is not there`);

interface Row {
  readonly hour: number;
  readonly context: boolean;
  readonly telemetryHours: number;
  readonly score: number | null;
  readonly session: boolean;
  readonly interval: number;
  readonly regularDevices: number;
  readonly new: boolean;
  readonly process: boolean;
  readonly onlyFailed: boolean;
  readonly kql: Severity | null;
}

interface Sequence {
  readonly name: string;
  readonly minSeverity: Severity;
  readonly baselineHours: number;
  readonly few: number;
  readonly many: number;
  readonly runs: readonly Partial<Row>[];
  readonly expected: readonly {
    readonly severity: Severity | null;
    readonly reason: string | null;
    readonly revision: number;
    readonly notified: 'single' | 'digest' | null;
  }[];
}

interface Vectors {
  readonly sequences: readonly Sequence[];
  readonly sequenceDefaults: Row;
}

const vectors: Vectors = absent
  ? { sequences: [], sequenceDefaults: {} as Row }
  : JSON.parse(readFileSync(FILE, 'utf8'));

const REASONS: Readonly<Record<DecisionLine, string | null>> = {
  counted: 'counted',
  'no-match': null,
  'no-context': 'no context yet',
  common: 'common',
  baseline: 'baseline',
  opening: 'opened in this run',
  uncounted: 'uncounted',
  fleet: null,
};

function wayOf({ score, session, process }: Row): NonNullable<RunFacts['regularity']>['way'] {
  if (process) return score !== null && score >= 0.6 ? 'process' : null;
  if (session) return score !== null && score >= 0.7 ? 'score' : 'session';
  return score !== null && score >= 0.6 ? 'score' : null;
}

function factsOf(row: Row, counted: number, isBaseline: boolean, { few, many, minSeverity }: Sequence): RunFacts {
  const { score, interval, onlyFailed, kql } = row;
  return quietRun(row.hour, {
    ...{ hasContext: row.context, countedRun: runAt(counted), isBaseline, few, many, notifiedFrom: minSeverity },
    ...{ regularDevices: row.regularDevices, isNew: row.new, isEstablished: !row.new },
    kqlRule: kql && { severity: kql, severityReason: 'By its signs.', isHidden: false },
    regularity:
      score === null ? null : { score, way: wayOf(row), interval, onlyFailed, isActive: true, isHidden: false },
  });
}

describe.skipIf(absent)('decide(before, run) in the order of ../shared/regularity-vectors.json', () => {
  it('has 22 sequences', () => expect(vectors.sequences).toHaveLength(22));

  it.each(vectors.sequences.map((one) => [one.name, one] as const))('%s', (_name, sequence) => {
    let baseline = NO_BASELINE_YET;
    let state: DecisionState | null = null;
    let sent = 0;
    let counted: number | null = null;
    const outcomes = sequence.runs.map((changes) => {
      const row: Row = { ...vectors.sequenceDefaults, ...changes };
      const asOf = runAt(row.hour);
      const run = { asOf, hasContext: row.context, telemetryHours: row.telemetryHours };
      baseline = baselineAfter(baseline, run, sequence.baselineHours);
      const phase = baselinePhaseOf(baseline, asOf, sequence.baselineHours);
      const facts = factsOf(row, counted ?? row.hour - 1, phase === 'lasts', sequence);
      counted = row.hour;
      const { line, state: next } = decide(state, facts);
      state = next;
      const revision = next?.revision ?? 0;
      const isNotified = next !== null && revision > sent && isToSend(next, sequence.minSeverity, phase === 'lasts');
      if (isNotified) sent = revision;
      const notified = isNotified ? (phase === 'ends' ? 'digest' : 'single') : null;
      // A group that is common or without context has a reason, and no detection.
      return { severity: next?.severity ?? null, reason: REASONS[line], revision, notified };
    });
    expect(outcomes).toEqual(sequence.expected);
  });
});
