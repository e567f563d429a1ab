import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sparkline } from '../../../../src/core/text/sparkline.ts';

describe('sparkline(values)', () => {
  it.each<[readonly (number | null)[], string]>([
    [[], ''],
    [[null, null], '  '],
    [[60, 60, 60], '███'],
    [[60, null, 60], '█ █'],
    [[1, 2, 3, 4, 5, 6, 7, 8], '▁▂▃▄▅▆▇█'],
    [[0, 0], '▁▁'],
    [[0, 8], '▁█'],
    [[0.001, 8], '▁█'],
    [[1.001, 8], '▂█'],
    [[7.001, 8], '██'],
    [[-5, 8], '▁█'],
    [[-5, -1], '▁▁'],
    [[null, 0], ' ▁'],
    [[null, 0.5], ' █'],
  ])('of %j is "%s"', (values, bars) => {
    expect(sparkline(Object.freeze(values))).toBe(bars);
  });

  it('is one character for each value, no lower for a higher value', () => {
    const values = fc.array(fc.option(fc.integer({ min: -10, max: 1000 })), { maxLength: 80 });
    fc.assert(
      fc.property(values, (each) => {
        const bars = sparkline(Object.freeze(each));
        expect(bars).toHaveLength(each.length);
        for (const [i, a] of each.entries()) {
          expect(bars[i] === ' ').toBe(a === null);
          for (const [j, b] of each.entries())
            if (a !== null && b !== null && a <= b) expect(bars[i]! <= bars[j]!).toBe(true);
        }
      }),
    );
  });
});
