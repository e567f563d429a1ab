import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { orderOf } from '../../../../src/core/detections/order.ts';
import { compareSortKeys, SORTS, sortKeyOf } from '../../../../src/core/detections/sort_key.ts';
import { detection, groupId, T0, T1, T2 } from '../../../contract/samples.ts';
import { onlyRegular, ruleOf } from '../../../support/detections.ts';

const any = fc.record({
  average: fc.constantFrom(46, 60.5, 1e12),
  devices: fc.constantFrom(1, 2, 9),
  spread: fc.constantFrom(0, 0.25, 1),
  episode: fc.constantFrom(T0, T1, T2),
  groupId: fc.integer({ min: 1, max: 50 }).map(groupId),
});

describe('compareSortKeys(sortKeyOf(a, sort), sortKeyOf(b, sort))', () => {
  it.each(SORTS)('%s is total, and 0 only for one and the same detection', (sort) => {
    fc.assert(
      fc.property(any, any, (one, other) => {
        const [a, b] = [detection(one), detection(other)].map((each) => sortKeyOf(each, sort));
        const order = Math.sign(compareSortKeys(a!, b!));
        expect(order + Math.sign(compareSortKeys(b!, a!))).toBe(0);
        if (order === 0) expect(one.groupId).toBe(other.groupId);
      }),
    );
  });

  it.each(['average', 'prevalence', 'spread'] as const)(
    '%s agrees with the order of that name, where that decides',
    (sort) => {
      const compare = orderOf(sort);
      fc.assert(
        fc.property(any, any, (one, other) => {
          const [a, b] = [detection(one), detection(other)];
          const wanted = Math.sign(compare({ ...a!, ...ruleOf(a!) }, { ...b!, ...ruleOf(b!) }));
          if (wanted !== 0) expect(Math.sign(compareSortKeys(sortKeyOf(a!, sort), sortKeyOf(b!, sort)))).toBe(wanted);
        }),
      );
    },
  );

  it('severity puts the most severe first, then the fewest devices', () => {
    const rows = [
      detection({ severity: 'low', devices: 1 }),
      detection({ severity: 'high', devices: 2 }),
      detection({ severity: 'medium', devices: 1 }),
      detection({ severity: 'high', devices: 1 }),
    ];
    const sorted = rows.toSorted((a, b) => compareSortKeys(sortKeyOf(a, 'severity'), sortKeyOf(b, 'severity')));
    expect(sorted.map(({ severity, devices }) => `${severity} ${devices}`)).toEqual([
      'high 1',
      'high 2',
      'medium 1',
      'low 1',
    ]);
  });

  it('severity counts the devices before the score of regularity', () => {
    const even = (devices: number, regularity: number) =>
      onlyRegular(detection({ severity: 'high', devices }), { regularity });
    const rows = [even(2, 0.95), even(1, 0.7), even(1, 0.9)];
    const sorted = rows.toSorted((a, b) => compareSortKeys(sortKeyOf(a, 'severity'), sortKeyOf(b, 'severity')));
    expect(sorted.map(({ devices, assessments }) => [devices, assessments.regularity?.regularity])).toEqual([
      [1, 0.9],
      [1, 0.7],
      [2, 0.95],
    ]);
  });

  it('newest puts the latest opening first', () => {
    const places = [T1, T2, T0].map((episode) => sortKeyOf(detection({ episode }), 'newest'));
    expect(places.sort(compareSortKeys).map(([first]) => first)).toEqual([T2, T1, T0].map((t) => -Date.parse(t)));
  });
});
