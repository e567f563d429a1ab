import { describe, expect, it } from 'vitest';
import type { Detection, SinkDelivery } from '../../../../src/core/detections/detection.ts';
import { isOfThisRevision, pendingStateOf } from '../../../../src/core/detections/pending_state.ts';
import { addMs, timestampOf } from '../../../../src/core/kql/timestamp.ts';
import { frozen } from '../records/records.ts';

const EPISODE = timestampOf('2026-11-20T12:00:00Z')!;
const EARLIER = addMs(EPISODE, -3_600_000);
const LATER = addMs(EPISODE, 3_600_000);

/** All of a detection that the answer can depend on, and more. */
const detection = (changes: Partial<Detection> = {}) =>
  frozen({ state: 'new', episode: EPISODE, revision: 1, asOf: LATER, suppressedBy: '', ...changes }) as Detection;

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

describe('pendingStateOf(detection, delivery, since)', () => {
  it.each(['new', 'ongoing'] as const)('is pending while nothing was sent and the detection is %s', (state) => {
    expect(pendingStateOf(detection({ state }), undefined, EARLIER)).toBe('pending');
  });

  it('is pending if the detection opened when the sink was added, not before', () => {
    expect(pendingStateOf(detection(), undefined, EPISODE)).toBe('pending');
    expect(pendingStateOf(detection(), undefined, addMs(EPISODE, 1))).toBe('older-than-sink');
  });

  it.each([
    ['pending', 'pending'],
    ['withdrawn', 'pending'],
    ['sent', 'sent'],
    ['failed', 'failed'],
  ] as const)('with a delivery that is %s is %s', (status, expected) => {
    expect(pendingStateOf(detection(), delivery({ status }), EARLIER)).toBe(expected);
  });

  it.each<[string, Partial<SinkDelivery>]>([
    ['revision', { revision: 0 }],
    ['episode', { episode: EARLIER }],
  ])('is pending if the delivery is of an earlier %s', (_, changes) => {
    expect(pendingStateOf(detection(), delivery(changes), EARLIER)).toBe('pending');
  });

  it('says first that it is over, then that it is suppressed, then that it is older than the sink', () => {
    const hidden = { suppressedBy: 'ours' };
    expect(pendingStateOf(detection({ state: 'resolved', ...hidden }), undefined, LATER)).toBe('not-active');
    expect(pendingStateOf(detection({ state: 'resolved' }), delivery(), EARLIER)).toBe('not-active');
    expect(pendingStateOf(detection(hidden), undefined, LATER)).toBe('suppressed');
    expect(pendingStateOf(detection(hidden), delivery(), EARLIER)).toBe('suppressed');
    expect(pendingStateOf(detection(), delivery(), LATER)).toBe('older-than-sink');
  });
});

describe('isOfThisRevision(detection, delivery)', () => {
  it('wants the same episode and the same change', () => {
    expect(isOfThisRevision(detection(), delivery())).toBe(true);
    expect(isOfThisRevision(detection(), delivery({ revision: 2 }))).toBe(false);
    expect(isOfThisRevision(detection(), delivery({ episode: LATER }))).toBe(false);
  });
});
