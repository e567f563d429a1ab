import { describe, expect, it } from 'vitest';
import { isAbove, ruleSeverityOf, type SeverityFactors } from '../../../../src/core/detections/severity.ts';

const ALL: SeverityFactors = { devices: 1, few: 3, many: 19, spread: 0, average: 60, minAverage: 45, grain: 'hour' };

describe('ruleSeverityOf(signs)', () => {
  it.each<[string, Partial<SeverityFactors>, string]>([
    ['all three signs', {}, 'high'],
    ['the most devices that are rare', { devices: 3 }, 'high'],
    ['the widest spread that is regular', { spread: 0.2 }, 'high'],
    ['the lowest average that is clear', { average: 56.25 }, 'high'],
    ['an address that is not rare', { devices: 4 }, 'medium'],
    ['hours that are not regular', { spread: 0.2 + Number.EPSILON }, 'medium'],
    ['an average slightly above the threshold', { average: 56.24 }, 'medium'],
    ['the most devices that are not common', { devices: 19 }, 'medium'],
    ['a common address, whatever else', { devices: 20 }, 'low'],
    ['as many devices as are rare in a small fleet', { devices: 2, few: 1 }, 'medium'],
    ['one sign', { devices: 4, spread: 1 }, 'low'],
    ['none', { devices: 4, spread: 1, average: 46 }, 'low'],
    ['a line of 0, which every average is clearly over', { average: 0.1, minAverage: 0 }, 'high'],
  ])('of %s', (_what, changes, severity) => {
    expect(ruleSeverityOf({ ...ALL, ...changes }).severity).toBe(severity);
  });

  it('says why in one sentence, with the numbers', () => {
    expect(ruleSeverityOf(ALL).severityReason).toBe(
      'One device connects to a rare address; the hours are regular (spread 0 % of the mean); ' +
        'the average of 60 per hour is clearly above the threshold of 45.',
    );
    expect(ruleSeverityOf({ ...ALL, devices: 25, spread: 0.336, average: 46.27 }).severityReason).toBe(
      '25 devices connect to a common address; the hours are irregular (spread 34 % of the mean); ' +
        'the average of 46.3 per hour is slightly above the threshold of 45.',
    );
    expect(ruleSeverityOf({ ...ALL, devices: 7 }).severityReason).toContain('7 devices connect to an address;');
  });
});

describe('isAbove(severity, other)', () => {
  it('is the order low, medium, high', () => {
    const levels = ['low', 'medium', 'high'] as const;
    for (const [n, one] of levels.entries()) {
      for (const [m, other] of levels.entries()) expect(isAbove(one, other)).toBe(n > m);
    }
  });
});
