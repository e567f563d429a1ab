import { describe, expect, it } from 'vitest';
import { spansText, spanText } from '../../../../src/core/text/span.ts';

describe('spanText(seconds)', () => {
  it.each([
    [29.6, '30 s'],
    [4.25, '4.3 s'],
    [272, '272 s'],
    [300, '5 min'],
    [905, '15.1 min'],
    [16_200, '4.5 h'],
  ])('%d is %s', (seconds, text) => {
    expect(spanText(seconds)).toBe(text);
  });
});

describe('spansText(low, high)', () => {
  it.each([
    [195, 349, '195–349 s'],
    [840, 960, '14–16 min'],
    [3600, 7200, '1–2 h'],
  ])('%d to %d has the unit of the longer one: %s', (low, high, text) => {
    expect(spansText(low, high)).toBe(text);
  });

  it('is in seconds where both round to the same, and one number where both are', () => {
    expect(spansText(899, 902)).toBe('899–902 s');
    expect(spansText(900, 900)).toBe('15 min');
    expect(spansText(60, 60)).toBe('60 s');
  });
});
