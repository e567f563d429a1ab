import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  byAverage,
  byPrevalence,
  bySpread,
  ORDERS,
  orderOf,
  type Ranked,
} from '../../../../src/core/detections/order.ts';
import { frozen } from '../records/records.ts';

const ranked = (changes: Partial<Ranked>): Ranked => ({
  source: 'defender',
  DeviceName: 'b',
  InitiatingProcessFileName: 'b',
  RemoteIP: 'b',
  average: 60,
  devices: 2,
  spread: 0.5,
  ...changes,
});

/** From first to last. */
const IN_ORDER: Record<(typeof ORDERS)[number], Partial<Ranked>[]> = {
  average: [{ average: 61, devices: 9, spread: 1 }, {}, { average: 59.9, devices: 1, spread: 0 }],
  prevalence: [{ devices: 1, average: 50 }, { average: 61 }, {}, { devices: 3, average: 900 }],
  spread: [{ spread: 0.4, average: 50 }, { average: 61 }, {}, { spread: 0.6, average: 900 }],
};

describe('orderOf(order)', () => {
  it.each(ORDERS)('%s puts the most urgent first, ties by average and by key', (order) => {
    const ties: Partial<Ranked>[] = [
      { DeviceName: 'a', InitiatingProcessFileName: 'c' },
      { InitiatingProcessFileName: 'a', RemoteIP: 'c' },
      { RemoteIP: 'a', source: 'wfp' },
      {},
      { source: 'sysmon' },
      { RemoteIP: 'c' },
      { InitiatingProcessFileName: 'c', RemoteIP: 'a' },
      { DeviceName: 'c', InitiatingProcessFileName: 'a' },
    ];
    for (const list of [IN_ORDER[order], ties]) {
      const wanted = frozen(list.map(ranked));
      expect(wanted.toReversed().sort(orderOf(order))).toEqual(wanted);
    }
  });

  it('is total: only what has the same key and numbers is equal', () => {
    const word = fc.constantFrom('a', 'b');
    const any = fc.record({
      source: fc.constantFrom('defender' as const, 'wfp' as const),
      DeviceName: word,
      InitiatingProcessFileName: word,
      RemoteIP: word,
      average: fc.constantFrom(50, 60),
      devices: fc.constantFrom(1, 2),
      spread: fc.constantFrom(0, 0.5),
    });
    fc.assert(
      fc.property(any, any, (a, b) => {
        const isSame = (names: readonly (keyof Ranked)[]) => names.every((name) => a[name] === b[name]);
        const key = ['source', 'DeviceName', 'InitiatingProcessFileName', 'RemoteIP', 'average'] as const;
        for (const [compare, names] of [
          [byAverage, key],
          [byPrevalence, [...key, 'devices']],
          [bySpread, [...key, 'spread']],
        ] as const) {
          expect(compare(a, b) === 0).toBe(isSame(names));
          expect(Math.sign(compare(a, b)) + Math.sign(compare(b, a))).toBe(0);
        }
      }),
    );
  });
});
