import { describe, expect, it } from 'vitest';
import { isFailure, programHashOf } from '../../../../src/core/records/contribution.ts';

describe('isFailure(facts)', () => {
  it.each([
    ['ConnectionFailed', true],
    ['ConnectionFailedAggregatedReport', true],
    ['connectionfailedaggregatedreport', true],
    ['ConnectionSuccessAggregatedReport', false],
    ['NoConnectionFailed', false],
    [undefined, false],
  ])('of %s is %s', (ActionType, failed) => {
    expect(isFailure(ActionType === undefined ? {} : { ActionType })).toBe(failed);
  });
});

describe('programHashOf(facts)', () => {
  const sha1 = '3F786850e387550fdab836ed7e6dc881de23001b';
  const sha256 = `${'c0ffee00'.repeat(8)}`;

  it('is the first 64 bits of the SHA-1, else of the SHA-256, in lower case', () => {
    expect(programHashOf({ InitiatingProcessSHA1: sha1, InitiatingProcessSHA256: sha256 })).toBe('3f786850e387550f');
    expect(programHashOf({ InitiatingProcessSHA256: sha256 })).toBe('c0ffee00c0ffee00');
  });

  it('is null where there is none, or something else in its place', () => {
    expect(programHashOf({})).toBeNull();
    expect(programHashOf({ InitiatingProcessSHA1: 'none', InitiatingProcessSHA256: '0123' })).toBeNull();
    expect(programHashOf({ InitiatingProcessSHA1: 'none', InitiatingProcessSHA256: sha256 })).toBe('c0ffee00c0ffee00');
  });
});
