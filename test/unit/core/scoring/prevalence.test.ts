import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MAX_DEVICES, PrevalenceCounter } from '../../../../src/core/scoring/prevalence.ts';

function prevalence(pairs: readonly (readonly [device: string, process: string])[]): PrevalenceCounter {
  const all = new PrevalenceCounter();
  for (const [DeviceName, InitiatingProcessFileName] of pairs) {
    all.add({ source: 'defender', DeviceName, InitiatingProcessFileName, RemoteIP: '203.0.113.1' });
  }
  return all;
}

describe('PrevalenceCounter', () => {
  it('counts each device once', () => {
    expect(prevalence([]).devices).toBe(0);
    const pairs = [
      ['a', 'x'],
      ['b', 'x'],
      ['a', 'y'],
    ] as const;
    expect(prevalence(pairs).devices).toBe(2);
  });

  it('counts devices up to the limit', () => {
    const pairs = Array.from({ length: MAX_DEVICES + 5 }, (_, n) => [`wks-${n}`, 'x'] as const);
    expect(prevalence(pairs.slice(0, MAX_DEVICES - 1)).devices).toBe(MAX_DEVICES - 1);
    expect(prevalence(pairs).devices).toBe(MAX_DEVICES);
  });

  it('names the other processes in order, but for those without a name', () => {
    const all = prevalence(['b', 'a', '', 'c', 'a'].map((process) => ['wks', process]));
    expect(all.processesBut('a')).toEqual(['b', 'c']);
    expect(all.processesBut('')).toEqual(['a', 'b', 'c']);
    expect(all.processesBut('z')).toEqual(['a', 'b', 'c']);
  });

  it('names the first ten in order of name, whatever order they come in', () => {
    const names = Array.from({ length: 40 }, (_, n) => `p${String(n).padStart(2, '0')}`);
    const shuffled = names.toSorted((a, b) => (a.slice(2) + a < b.slice(2) + b ? -1 : 1));
    for (const order of [names, names.toReversed(), shuffled]) {
      const all = prevalence(order.map((name) => ['wks', name]));
      expect(all.processesBut('p39')).toEqual(names.slice(0, 10));
      expect(all.processesBut('p03')).toEqual(names.filter((name) => name !== 'p03').slice(0, 10));
    }
  });

  it('names what sorting all names gives, for any names', () => {
    const name = fc.oneof(fc.string({ unit: 'binary', maxLength: 3 }), fc.constantFrom('a', 'b', 'B', ''));
    fc.assert(
      fc.property(fc.array(name, { maxLength: 40 }), name, (names, but) => {
        const known = [...new Set(names)]
          .filter((each) => each !== '')
          .sort()
          .slice(0, 11);
        const expected = known.filter((each) => each !== but).slice(0, 10);
        expect(prevalence(names.map((each) => ['wks', each])).processesBut(but)).toEqual(expected);
      }),
    );
  });
});
