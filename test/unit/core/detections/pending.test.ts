import { describe, expect, it } from 'vitest';
import type { Delivery, Detection } from '../../../../src/core/detections/detection.ts';
import { dueOf, isOfThisChange } from '../../../../src/core/detections/pending.ts';
import { addMs, timestampOf } from '../../../../src/core/kql/timestamp.ts';
import { frozen } from '../records/records.ts';

const EPISODE = timestampOf('2026-11-20T12:00:00Z')!;
const EARLIER = addMs(EPISODE, -3_600_000);
const LATER = addMs(EPISODE, 3_600_000);

/** All of a detection that the answer can depend on, and more. */
const detection = (changes: Partial<Detection> = {}) =>
  frozen({ state: 'new', episode: EPISODE, change: 1, asOf: LATER, suppressedBy: '', ...changes }) as Detection;

const delivery = (changes: Partial<Delivery> = {}): Delivery =>
  frozen({ episode: EPISODE, change: 1, status: 'sent', attempts: 1, firstAt: 0, at: 0, answer: '200', ...changes });

describe('dueOf(detection, delivery, since)', () => {
  it.each(['new', 'ongoing'] as const)('is due while nothing was sent and the detection is %s', (state) => {
    expect(dueOf(detection({ state }), undefined, EARLIER)).toBe('due');
  });

  it('is due of what opened just when the sink was added, not of what opened before', () => {
    expect(dueOf(detection(), undefined, EPISODE)).toBe('due');
    expect(dueOf(detection(), undefined, addMs(EPISODE, 1))).toBe('older-than-sink');
  });

  it.each([
    ['sending', 'due'],
    ['sent', 'sent'],
    ['failed', 'failed'],
  ] as const)('with a delivery that is %s is %s', (status, due) => {
    expect(dueOf(detection(), delivery({ status }), EARLIER)).toBe(due);
  });

  it.each<[string, Partial<Delivery>]>([
    ['change', { change: 0 }],
    ['episode', { episode: EARLIER }],
  ])('is due where the delivery is of an earlier %s', (_, changes) => {
    expect(dueOf(detection(), delivery(changes), EARLIER)).toBe('due');
  });

  it('says first that it is over, then that it is suppressed, then that it is older than the sink', () => {
    const hidden = { suppressedBy: 'ours' };
    expect(dueOf(detection({ state: 'resolved', ...hidden }), undefined, LATER)).toBe('not-live');
    expect(dueOf(detection({ state: 'resolved' }), delivery(), EARLIER)).toBe('not-live');
    expect(dueOf(detection(hidden), undefined, LATER)).toBe('suppressed');
    expect(dueOf(detection(hidden), delivery(), EARLIER)).toBe('suppressed');
    expect(dueOf(detection(), delivery(), LATER)).toBe('older-than-sink');
  });
});

describe('isOfThisChange(detection, delivery)', () => {
  it('wants the same episode and the same change', () => {
    expect(isOfThisChange(detection(), delivery())).toBe(true);
    expect(isOfThisChange(detection(), delivery({ change: 2 }))).toBe(false);
    expect(isOfThisChange(detection(), delivery({ episode: LATER }))).toBe(false);
  });
});
