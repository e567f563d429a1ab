import { describe, expect, it } from 'vitest';
import type { Detection, SinkDelivery } from '../../../../src/core/detections/detection.ts';
import { isOfThisRevision, pendingStateOf, type SinkTerms } from '../../../../src/core/detections/pending_state.ts';
import { addMs, timestampOf } from '../../../../src/core/kql/timestamp.ts';
import { frozen } from '../records/records.ts';

const EPISODE = timestampOf('2026-11-20T12:00:00Z')!;
const EARLIER = addMs(EPISODE, -3_600_000);
const LATER = addMs(EPISODE, 3_600_000);

/** All of a detection that the answer can depend on, and more. */
const detection = (changes: Partial<Detection> = {}) =>
  frozen({
    ...{ state: 'new', episode: EPISODE, revision: 1, asOf: LATER, suppressedBy: '', severity: 'medium' },
    decision: { isDecided: true },
    ...{ source: 'sysmon', assessments: { 'kql-rule': null, regularity: {} }, ...changes },
  }) as unknown as Detection;

const delivery = (changes: Partial<SinkDelivery> = {}): SinkDelivery =>
  frozen({
    episode: EPISODE,
    revision: 1,
    status: 'sent',
    severity: 'low',
    attempts: 1,
    firstAt: 0,
    at: 0,
    answer: '200',
    ...changes,
  });

describe('pendingStateOf(detection, delivery, sink)', () => {
  it.each(['new', 'ongoing'] as const)('is pending while nothing was sent and the detection is %s', (state) => {
    expect(pendingStateOf(detection({ state }), undefined, { since: EARLIER })).toBe('pending');
  });

  it('is pending if the detection opened when the sink was added, not before', () => {
    expect(pendingStateOf(detection(), undefined, { since: EPISODE })).toBe('pending');
    expect(pendingStateOf(detection(), undefined, { since: addMs(EPISODE, 1) })).toBe('older-than-sink');
  });

  it.each([
    ['pending', 'pending'],
    ['withdrawn', 'pending'],
    ['sent', 'sent'],
    ['failed', 'failed'],
  ] as const)('with a delivery that is %s is %s', (status, expected) => {
    expect(pendingStateOf(detection(), delivery({ status }), { since: EARLIER })).toBe(expected);
  });

  it.each<[string, Partial<SinkDelivery>]>([
    ['revision', { revision: 0 }],
    ['episode', { episode: EARLIER }],
  ])('is pending if the delivery is of an earlier %s', (_, changes) => {
    expect(pendingStateOf(detection(), delivery(changes), { since: EARLIER })).toBe('pending');
  });

  it.each<[string, Partial<SinkTerms>, string]>([
    ['a lower severity', { minSeverity: 'low' }, 'pending'],
    ['its severity', { minSeverity: 'medium' }, 'pending'],
    ['a higher severity', { minSeverity: 'high' }, 'below-severity'],
    ['its source', { sources: ['defender', 'sysmon'] }, 'pending'],
    ['another source', { sources: ['defender'] }, 'out-of-scope'],
    ['a detector that matched', { detectors: ['kql-rule', 'regularity'] }, 'pending'],
    ['a detector that did not', { detectors: ['kql-rule'] }, 'out-of-scope'],
  ])('for a sink with %s', (_what, scope, expected) => {
    const sink = { since: EARLIER, ...scope };
    expect(pendingStateOf(detection(), undefined, sink)).toBe(expected);
    // What was sent, or failed, at a higher severity is no failure of this revision any more.
    expect(pendingStateOf(detection(), delivery({ status: 'failed' }), sink)).toBe(
      expected === 'pending' ? 'failed' : expected,
    );
  });

  it('says first that it is over, then that it is suppressed, then that it is older than the sink', () => {
    const hidden = { suppressedBy: 'ours' };
    expect(pendingStateOf(detection({ state: 'resolved', ...hidden }), undefined, { since: LATER })).toBe('not-active');
    expect(pendingStateOf(detection({ state: 'resolved' }), delivery(), { since: EARLIER })).toBe('not-active');
    expect(pendingStateOf(detection(hidden), undefined, { since: LATER })).toBe('suppressed');
    expect(pendingStateOf(detection(hidden), delivery(), { since: EARLIER })).toBe('suppressed');
    expect(pendingStateOf(detection(), delivery(), { since: LATER })).toBe('older-than-sink');
  });
});

describe('isOfThisRevision(detection, delivery)', () => {
  it('wants the same episode and the same change', () => {
    expect(isOfThisRevision(detection(), delivery())).toBe(true);
    expect(isOfThisRevision(detection(), delivery({ revision: 2 }))).toBe(false);
    expect(isOfThisRevision(detection(), delivery({ episode: LATER }))).toBe(false);
  });
});
