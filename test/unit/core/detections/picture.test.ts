import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { activityPicture, PICTURE_COLUMNS, pictureText } from '../../../../src/core/detections/picture.ts';
import type { Hour } from '../../../../src/core/kql/bin.ts';
import { onlyRegular, ruleOf, synthetic } from '../../../support/detections.ts';
import { tries } from '../../../support/effort.ts';

const NOW = Date.parse('2026-11-20T09:45:12.987Z');

describe('activityPicture(detection)', () => {
  it('has the hours up to the newest match, with the flag of the rule beside the count', () => {
    const { hours, threshold } = activityPicture(synthetic(NOW));
    expect(threshold).toBe(45);
    expect(hours).toHaveLength(72);
    expect(hours[0]?.hour).toBe('2026-11-17T09:00:00.0000000Z');
    expect(hours.at(-1)?.hour).toBe('2026-11-20T08:00:00.0000000Z');
    expect(hours[20]).toMatchObject({ count: 12, flag: -1, isBelow: true });
    expect(hours[51]).toMatchObject({ count: 96, flag: 1, isBelow: false });
    expect(hours.filter(({ flag }) => flag !== 0)).toHaveLength(2);
  });

  it('has no threshold where the rule did not match, or counts reports', () => {
    const base = synthetic(NOW);
    expect(activityPicture(onlyRegular(base)).threshold).toBeNull();
    const evidence = { ...ruleOf(base).evidence, grain: 'report' as const };
    expect(activityPicture(synthetic(NOW, { evidence })).threshold).toBeNull();
  });
});

describe('pictureText(picture)', () => {
  it('is a line for each 24 hours, the outliers below their bars, and the scale', () => {
    const hours = [...synthetic(NOW).hours];
    hours[2] = null;
    expect(pictureText(activityPicture(synthetic(NOW, { hours }))).split('\n')).toEqual([
      '17 09h ▅▅·▅▅▆▅▅▆▅▅▆▅▅▆▅▅▆▅▅▁▅▅▆',
      '                           ▼',
      '18 09h ▅▅▆▅▅▆▅▅▆▅▅▆▅▅▆▅▅▆▅▅▆▅▅▆',
      '19 09h ▅▅▆█▅▆▅▅▆▅▅▆▅▅▆▅▅▆▅▅▆▅▅▆',
      '          ▲',
      '█ is 96 per hour, ▄ is the threshold 45',
      '▲▼ outside the expected range',
      '· no report',
    ]);
  });

  it('does not fill the bars of a steady beacon', () => {
    const hours = Array.from({ length: 72 }, () => 120);
    expect(pictureText(activityPicture(synthetic(NOW, { hours })))).toContain(`09h ${'▅'.repeat(24)}\n`);
  });

  it('fits a phone, whatever the counts', () => {
    const count = fc.option(fc.nat(2 ** 40), { nil: null });
    fc.assert(
      fc.property(fc.array(count, { minLength: 72, maxLength: 72 }), fc.nat(1e9), (hours, minAverage) => {
        const base = synthetic(NOW);
        const { evidence } = ruleOf(base);
        const flags = evidence.Timestamp.map((_: Hour, n: number) => (n % 3) - 1);
        const thresholds = { ...evidence.thresholds, minAverage };
        const text = pictureText(
          activityPicture(synthetic(NOW, { hours, evidence: { ...evidence, flags, thresholds } })),
        );
        for (const line of text.split('\n')) expect(line.length).toBeLessThanOrEqual(PICTURE_COLUMNS);
      }),
      { numRuns: tries(50, 500) },
    );
  });
});
