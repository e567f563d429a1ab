import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type DecisionState, decide, type RunFacts } from '../../../../src/core/detections/decision.ts';
import { SEVERITIES, type Severity } from '../../../../src/core/detections/detection.ts';
import { tries } from '../../../support/effort.ts';
import { isToSend, quietRun, regularRun, runAt } from './decision_cases.ts';

const RUNS = tries(60, 20_000);

const rank = (severity: Severity) => SEVERITIES.indexOf(severity);

function stateAfter(...runs: readonly RunFacts[]): DecisionState | null {
  return runs.reduce<DecisionState | null>((state, run) => decide(state && Object.freeze(state), run).state, null);
}

const KQL = (severity: Severity, isHidden = false) => ({ severity, severityReason: 'By its signs.', isHidden });

describe('decide(before, run)', () => {
  it('waits where the context does not count a run in which the detection was open', () => {
    const open = stateAfter(regularRun(5, 0.9))!;
    for (const countedRun of [runAt(4), null]) {
      const { line, state } = decide(open, regularRun(6, 0.9, { countedRun }));
      expect([line, state?.severity, state?.isDecided, state?.revision]).toEqual(['uncounted', 'low', false, 0]);
    }
    expect(decide(open, regularRun(7, 0.9, { countedRun: runAt(5) })).state).toMatchObject({
      isDecided: true,
      severity: 'medium',
      revision: 1,
      revisionReason: '',
    });
  });

  it('begins again after it was resolved: undecided, not ripe, and without an earlier severity', () => {
    const first = stateAfter(regularRun(0, 0.9), regularRun(1, 0.9, { isNew: true }))!;
    expect(first).toMatchObject({ isDecided: true, isRipe: true, highestSeverity: 'high' });
    expect(stateAfter(regularRun(90, 0.62))).toEqual({
      ...{ episode: runAt(90), asOf: runAt(90), severity: 'low', isDecided: false, isRipe: false, runsInARow: 1 },
      severityReason: 'It has just opened: its severity follows in the first run whose context counts it.',
      ...{ highestSeverity: 'low', revision: 0, revisionReason: '', lastNotified: null },
    });
  });

  it('says what raised the severity', () => {
    const open = [regularRun(0, 0.75), regularRun(1, 0.75)];
    expect(stateAfter(...open, regularRun(2, 0.85, { isNew: true }))?.revisionReason).toBe(
      'The severity rose to high (highest before: medium).',
    );
  });

  it('says how the time between connections changed', () => {
    const slower = regularRun(2, 0.9);
    const state = stateAfter(regularRun(0, 0.9), regularRun(1, 0.9), {
      ...slower,
      regularity: { ...slower.regularity!, interval: 600 },
    });
    expect(state?.revisionReason).toBe('The time between connections changed to 600 s (last notified: 300 s).');
    expect(state?.lastNotified).toEqual({ interval: 600, score: 0.9 });
  });

  it.each<[string, (run: RunFacts) => RunFacts]>([
    ['without context', (run) => ({ ...run, hasContext: false })],
    ['of a hidden detector', (run) => ({ ...run, regularity: { ...run.regularity!, isHidden: true } })],
    ['below a score of 0.8', (run) => ({ ...run, regularity: { ...run.regularity!, score: 0.79 } })],
    ['below each sink', (run) => ({ ...run, notifiedFrom: 'high' })],
    ['in a run without a match by score', (run) => ({ ...run, regularity: { ...run.regularity!, way: null } })],
  ])('a changed time between connections is no revision %s', (_, changed) => {
    const run = regularRun(2, 0.9, { kqlRule: KQL('medium') });
    const slower = { ...run, regularity: { ...run.regularity!, interval: 600 } };
    const before = [regularRun(0, 0.9), regularRun(1, 0.9)];
    expect(stateAfter(...before, slower)).toMatchObject({ revision: 2 });
    expect(stateAfter(...before, changed(slower))).toMatchObject({
      ...{ revision: 1, lastNotified: { interval: 300, score: 0.9 } },
    });
  });

  it('takes what the baseline recorded as notified once it is over', () => {
    const during = stateAfter(
      regularRun(0, 0.9, { isBaseline: true }),
      regularRun(1, 0.9, { isBaseline: true, notifiedFrom: 'low' }),
    )!;
    expect(during).toMatchObject({ severity: 'low', revision: 1, lastNotified: null });
    const ended = decide(during, regularRun(2, 0.9, { regularDevices: 5, notifiedFrom: 'low' })).state;
    expect(ended).toMatchObject({ severity: 'low', revision: 1, lastNotified: { interval: 300, score: 0.9 } });
  });

  it('opens and raises nothing by a detector that is not active, and still sees that the KQL rule is not alone', () => {
    const found = { ...regularRun(0, 0.95).regularity!, isActive: false };
    expect(decide(null, regularRun(0, 0.95, { regularity: found }))).toMatchObject({ state: null, keepsOpen: false });
    const both = (hour: number) => regularRun(hour, 0.95, { regularity: found, isNew: true, kqlRule: KQL('medium') });
    expect(stateAfter(both(0), both(1))).toMatchObject({ severity: 'medium', isRipe: false });
    const alone = (hour: number) => quietRun(hour, { kqlRule: KQL('medium') });
    expect(stateAfter(alone(0), alone(1))).toMatchObject({ severity: 'low' });
  });

  it('raises nothing by a hidden detector where another one matches', () => {
    const hidden = { ...regularRun(0, 0.95).regularity!, isHidden: true };
    const both = (hour: number) => regularRun(hour, 0.95, { regularity: hidden, isNew: true, kqlRule: KQL('medium') });
    expect(stateAfter(both(0), both(1))).toMatchObject({ severity: 'medium', severityReason: 'By its signs.' });
    const only = (hour: number) => regularRun(hour, 0.95, { regularity: hidden, isNew: true });
    expect(stateAfter(only(0), only(1))).toMatchObject({ severity: 'high' });
  });

  it('keeps a detection open by each match but by one that is common', () => {
    const open = stateAfter(regularRun(0, 0.9));
    expect(decide(open, regularRun(1, 0.9)).keepsOpen).toBe(true);
    expect(decide(open, regularRun(1, 0.9, { regularDevices: 11 })).keepsOpen).toBe(false);
    expect(decide(open, regularRun(1, 0.9, { regularDevices: 11, kqlRule: KQL('low') })).keepsOpen).toBe(true);
    // Without context nobody knows that it is common.
    expect(decide(open, regularRun(1, 0.9, { regularDevices: 11, hasContext: false })).keepsOpen).toBe(true);
    expect(decide(open, quietRun(1)).keepsOpen).toBe(false);
  });
});

const severity = fc.constantFrom(...SEVERITIES);
const facts = fc.record({
  gap: fc.integer({ min: 1, max: 3 }),
  hasContext: fc.boolean(),
  counted: fc.option(fc.integer({ min: 1, max: 30 })),
  isBaseline: fc.boolean(),
  kqlRule: fc.option(fc.record({ severity, severityReason: fc.constant('By its signs.'), isHidden: fc.boolean() })),
  regularity: fc.option(
    fc.record({
      score: fc.integer({ min: 500, max: 999 }).map((score) => score / 1000),
      way: fc.constantFrom('score' as const, 'session' as const, 'process' as const, null),
      interval: fc.constantFrom(30, 60, 300, 900),
      onlyFailed: fc.boolean(),
      isActive: fc.boolean(),
      isHidden: fc.boolean(),
    }),
  ),
  regularDevices: fc.constantFrom(1, 3, 4, 10, 11),
  isNew: fc.boolean(),
  isEstablished: fc.boolean(),
  isShared: fc.boolean(),
  notifiedFrom: fc.option(severity),
});

/** Runs in order of time; runs can be missing. */
const history = fc.array(facts, { minLength: 1, maxLength: 20 }).map((rows) => {
  let hour = 0;
  return rows.map(({ gap, counted, ...row }) => {
    hour += gap;
    return quietRun(hour, { ...row, countedRun: counted === null ? null : runAt(hour - counted) });
  });
});

/** Calls `check` for each step of each history. */
function everyStep(check: (before: DecisionState | null, run: RunFacts, now: DecisionState | null) => void): void {
  fc.assert(
    fc.property(history, (runs) => {
      let before: DecisionState | null = null;
      for (const run of runs) {
        const { state } = decide(before && Object.freeze(before), run);
        check(before, run, state);
        before = state;
      }
    }),
    { numRuns: RUNS },
  );
}

/** The most that the table allows, from its text. */
function mostAllowed(run: RunFacts, isRipe: boolean): Severity {
  const { kqlRule, regularity, regularDevices, many, few, isNew, isEstablished, isShared } = run;
  if (run.isBaseline || regularDevices > many) return 'low';
  if (isEstablished && regularDevices > few) return 'low';
  const isBoth = regularity !== null && regularity.way !== null;
  const byRule = kqlRule === null ? 0 : Math.max(0, rank(kqlRule.severity) - (isBoth ? 0 : 1));
  const isFull = isNew && isBoth && regularity.way === 'score' && !regularity.onlyFailed && regularity.score >= 0.8;
  const isChance = isBoth && isShared && (regularity.way === 'session' || (isEstablished && regularity.score < 0.8));
  const isAboveLow = isBoth && regularity.isActive && isRipe && regularDevices <= few && !isChance;
  const byScore = isAboveLow ? (isFull ? 2 : 1) : 0;
  return SEVERITIES[Math.max(byRule, byScore)]!;
}

describe('whatever the runs were', () => {
  it('the severity is never above the table', () => {
    everyStep((before, run, now) => {
      if (now === null || now === before || !run.hasContext || now.asOf !== run.asOf) return;
      const isMatch = run.kqlRule !== null || (run.regularity?.isActive === true && run.regularity.way !== null);
      if (isMatch) expect(rank(now.severity)).toBeLessThanOrEqual(rank(mostAllowed(run, now.isRipe)));
      else expect(now.severity).toBe(before?.severity);
    });
  });

  it('nothing is notified, and no revision counted, before it is decided', () => {
    everyStep((before, run, now) => {
      if (now === null || now.isDecided) return;
      expect([now.revision, now.severity, now.lastNotified]).toEqual([0, 'low', null]);
      expect(isToSend(now, 'low', run.isBaseline)).toBe(false);
      expect(before?.isDecided ?? false).toBe(false);
    });
  });

  it('it is decided with context, after the run that opened it', () => {
    everyStep((before, run, now) => {
      if (now === null || !now.isDecided || before?.isDecided) return;
      expect(before).not.toBeNull();
      expect(run.hasContext && run.countedRun! >= now.episode && run.asOf > now.episode).toBe(true);
      expect(now.revision).toBe(1);
    });
  });

  it('without context nothing is decided, raised or revised', () => {
    everyStep((before, run, now) => {
      if (run.hasContext || before === null) return;
      expect(now).toMatchObject({
        isDecided: before.isDecided,
        severity: before.severity,
        revision: before.revision,
      });
    });
  });

  it('the highest severity only rises, and a revision above all earlier ones is counted', () => {
    everyStep((before, _run, now) => {
      if (before === null || now === null) return;
      expect(rank(now.highestSeverity)).toBeGreaterThanOrEqual(rank(before.highestSeverity));
      expect(rank(now.highestSeverity)).toBeGreaterThanOrEqual(rank(now.severity));
      expect(now.revision - before.revision).toBeGreaterThanOrEqual(
        now.highestSeverity === before.highestSeverity ? 0 : 1,
      );
      expect(now.revision - before.revision).toBeLessThanOrEqual(1);
    });
  });

  it('an open detection stays in its episode', () => {
    everyStep((before, _run, now) => {
      if (before !== null) expect(now?.episode).toBe(before.episode);
    });
  });

  it('the same run again, with whatever facts, changes nothing, and neither does an older one', () => {
    everyStep((_before, run, now) => {
      if (now?.asOf !== run.asOf) return;
      expect(decide(now, run).state).toBe(now);
      expect(decide(now, regularRun(0, 0.99, { asOf: run.asOf, isNew: true })).state).toBe(now);
      expect(decide(now, regularRun(-5, 0.99, { isNew: true })).state).toBe(now);
    });
  });
});
