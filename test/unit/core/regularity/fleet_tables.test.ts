import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  addHour,
  hasHour,
  hoursIn,
  hoursInBoth,
  noHours,
  TABLE_HOURS,
} from '../../../../src/core/regularity/hour_bits.ts';
import { HourTable } from '../../../../src/core/regularity/hour_table.ts';
import { PairTable } from '../../../../src/core/regularity/pair_table.ts';
import { SlotIndex } from '../../../../src/core/regularity/slot_index.ts';
import { tries } from '../../../support/effort.ts';

const LAST = 494_000;
const RUNS = { seed: 20_261_130, numRuns: tries(100, 5_000) };
const hours = fc.uniqueArray(fc.integer({ min: -3, max: TABLE_HOURS + 3 }), { maxLength: 80 });
const inside = (at: number) => at >= 0 && at < TABLE_HOURS;

function bitsOf(of: readonly number[]) {
  const bits = noHours();
  for (const at of of) addHour(bits, at);
  return bits;
}

describe('bits of hours', () => {
  it('are the hours of the window', () => {
    fc.assert(
      fc.property(hours, hours, (a, b) => {
        const [one, other] = [bitsOf(a), bitsOf(b)];
        for (let at = -40; at < 120; at++) expect(hasHour(one, at)).toBe(a.includes(at) && inside(at));
        expect(hoursIn(one)).toBe(a.filter(inside).length);
        expect(hoursInBoth(one, other)).toBe(a.filter((at) => inside(at) && b.includes(at)).length);
      }),
      RUNS,
    );
  });
});

describe('HourTable', () => {
  const group = fc.record({ device: fc.nat(3), hours });

  /** How many groups of a device reported in each hour, at most 2. */
  const slowly = (of: readonly { device: number; hours: readonly number[] }[], device: number, at: number) =>
    inside(at) ? Math.min(2, of.filter((each) => each.device === device && each.hours.includes(at)).length) : 0;

  function tableOf(of: readonly { device: number; hours: readonly number[] }[], last: number): HourTable {
    const table = new HourTable(last);
    for (const each of of) table.markAll(table.slotOf(each.device, 0), bitsOf(each.hours));
    return table;
  }

  it('counts groups by hour, and another table whose window ended earlier or later', () => {
    const by = fc.integer({ min: -80, max: 80 });
    fc.assert(
      fc.property(fc.array(group, { maxLength: 6 }), fc.array(group, { maxLength: 6 }), by, (own, others, ago) => {
        const table = tableOf(own, LAST);
        table.addAll(tableOf(others, LAST - ago));
        for (const device of [0, 1, 2, 3]) {
          const slot = table.find(device, 0);
          for (let at = -2; at < TABLE_HOURS + 2; at++) {
            const expected = Math.min(2, slowly(own, device, at) + slowly(others, device, at + ago));
            const found = slot === -1 ? 0 : table.groupsAt(slot, table.firstHour + at);
            expect(found).toBe(inside(at) ? expected : 0);
          }
        }
      }),
      RUNS,
    );
  });

  it('says in which hours another group reported, of a window that ends later', () => {
    fc.assert(
      fc.property(fc.array(group, { minLength: 1, maxLength: 4 }), hours, fc.nat(80), (all, own, later) => {
        const table = tableOf(all, LAST);
        const beside = noHours();
        table.hoursBeside(table.slotOf(all[0]?.device ?? 0, 0), bitsOf(own), table.firstHour + later, beside);
        for (let at = 0; at < TABLE_HOURS; at++) {
          const groups = slowly(all, all[0]?.device ?? 0, at + later);
          expect(hasHour(beside, at)).toBe(groups > (own.includes(at) ? 1 : 0));
        }
      }),
      RUNS,
    );
  });
});

describe('PairTable', () => {
  it('counts up to four users, and of more it keeps those that stay', () => {
    const use = fc.record({ pair: fc.nat(3), device: fc.nat(6), hour: fc.nat(20), stays: fc.boolean() });
    fc.assert(
      fc.property(fc.array(use, { maxLength: 60 }), (uses) => {
        const table = new PairTable();
        for (const { pair, device, hour, stays } of uses) table.use(table.add(pair, hour), device, stays);
        for (const pair of [0, 1, 2, 3]) {
          const all = uses.filter((each) => each.pair === pair);
          const users = new Set(all.map(({ device }) => device));
          const staying = new Set(all.filter(({ stays }) => stays).map(({ device }) => device));
          const facts = table.get(pair);
          expect(facts === undefined).toBe(all.length === 0);
          if (facts === undefined) continue;
          expect(facts.firstHour).toBe(Math.min(...all.map(({ hour }) => hour)));
          expect(facts.users === null ? null : new Set(facts.users)).toEqual(users.size > 3 ? null : users);
          expect(table.stayingAt(table.find(pair))).toBe(Math.min(4, staying.size));
        }
      }),
      RUNS,
    );
  });

  it('grows, and keeps what it had', () => {
    const table = new PairTable();
    for (let n = 0; n < 3_000; n++) table.use(table.add(n * 7_919, n), n, true);
    for (let n = 0; n < 3_000; n++) {
      expect(table.get(n * 7_919)).toEqual({ firstHour: n, users: [n], regular: [] });
    }
    expect([table.size, table.find(1)]).toEqual([3_000, -1]);
  });
});

describe('SlotIndex', () => {
  it('numbers keys as they come, however many and large', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 2 ** 52 }), { maxLength: 2_000 }), (keys) => {
        const index = new SlotIndex();
        const twin = new Map<number, number>();
        for (const key of keys) {
          if (!twin.has(key)) twin.set(key, twin.size);
          expect(index.place(key)).toBe(twin.get(key));
        }
        expect([...index.keys()]).toEqual([...twin.keys()]);
        for (const key of keys) expect([index.has(key), index.get(key)]).toEqual([true, twin.get(key)]);
        expect([index.get(0.5), index.has(2 ** 52 - 1)]).toEqual([-1, twin.has(2 ** 52 - 1)]);
      }),
      { ...RUNS, numRuns: tries(20, 500) },
    );
  });
});
