import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { deviceHashOf } from '../../../../src/core/regularity/device_hash.ts';
import { manyDevicesOf } from '../../../../src/core/regularity/fleet_limits.ts';
import { type FleetPartial, PartialBuilder } from '../../../../src/core/regularity/fleet_partial.ts';
import { FleetSum, type SumLimits } from '../../../../src/core/regularity/fleet_sum.ts';
import { HourTable } from '../../../../src/core/regularity/hour_table.ts';
import { tries } from '../../../support/effort.ts';
import { pairsOf } from '../../../support/scoring/pair_table.ts';

const LAST = 494_000;

interface OneGroup {
  readonly device: string;
  readonly source: number;
  readonly process: string;
  readonly network: string;
  readonly hours: readonly number[];
  readonly isRegular: boolean;
  readonly partition: number;
}

const oneGroup: fc.Arbitrary<OneGroup> = fc.record({
  device: fc.nat(20).map((n) => `ws-${n}`),
  source: fc.nat(2),
  process: fc.constantFrom('a.exe', 'b.exe'),
  network: fc.constantFrom('198.51.0.0/16', '203.0.0.0/16'),
  hours: fc.uniqueArray(fc.integer({ min: LAST - 72, max: LAST }), { minLength: 1, maxLength: 5 }),
  isRegular: fc.boolean(),
  partition: fc.nat(3),
});

const NAMES = ['a.exe', 'b.exe'];
const NETWORKS = ['198.51.0.0/16', '203.0.0.0/16'];
const hashOf = (process: string, network: string) => NAMES.indexOf(process) * 10 + NETWORKS.indexOf(network);

function partialOf(groups: readonly OneGroup[], most: number, limits = {}): FleetPartial {
  const builder = new PartialBuilder(LAST, most, limits);
  for (const { device, source, process, network, hours, isRegular } of groups) {
    const hash = deviceHashOf(device);
    const slot = builder.hours.slotOf(hash, source);
    for (const hour of hours) builder.hours.mark(slot, hour);
    const pair = builder.use(hashOf(process, network), hash, Math.min(...hours), Math.max(...hours));
    if (isRegular && pair !== -1) builder.regular(pair, hash);
  }
  return builder.build();
}

/** What the whole fleet comes to, from the definition. */
function slowFleet(groups: readonly OneGroup[]) {
  const devices = new Set(groups.map(({ device }) => device));
  const many = manyDevicesOf(devices.size);
  const hours = groups.flatMap((one) => one.hours.map((hour) => `${deviceHashOf(one.device)} ${one.source} ${hour}`));
  const counted = Object.fromEntries(
    [...Map.groupBy(hours, (each) => each)].map(([each, all]) => [each, Math.min(2, all.length)]),
  );
  const pairs = [...Map.groupBy(groups, ({ process, network }) => hashOf(process, network))].map(([pair, all]) => {
    const some = (which: readonly OneGroup[], most: number) => {
      const found = new Set(which.map(({ device }) => deviceHashOf(device)));
      return found.size > most ? null : [...found].sort((a, b) => a - b);
    };
    const firstHour = Math.min(...all.flatMap((one) => one.hours));
    const regular = all.filter(({ isRegular }) => isRegular);
    return { pair, firstHour, users: some(all, 3), regular: some(regular, many) };
  });
  return { devices: devices.size, counted, pairs: pairs.sort((a, b) => a.pair - b.pair) };
}

function shown({ hours, pairs }: FleetPartial) {
  const counted: Record<string, number> = {};
  for (const [slot, key] of hours.keys().entries()) {
    for (let hour = LAST - 100; hour <= LAST + 1; hour++) {
      const number = hours.groupsAt(slot, hour);
      if (number > 0) counted[`${Math.floor(key / 8)} ${key % 8} ${hour}`] = number;
    }
  }
  const sorted = (devices: readonly number[] | null) => devices?.toSorted((a, b) => a - b) ?? null;
  const all = [...pairsOf(pairs)].map(([pair, { firstHour, users, regular }]) => {
    return { pair, firstHour, users: sorted(users), regular: sorted(regular) };
  });
  return { devices: hours.devices, counted, pairs: all.sort((a, b) => a.pair - b.pair) };
}

function sumOfPartials(partials: readonly FleetPartial[], lastHour: number, limits?: SumLimits): FleetPartial {
  const sum = new FleetSum(lastHour, limits);
  for (const partial of partials) sum.add(partial);
  return sum.sum();
}

describe('FleetSum', () => {
  it('is what one that has seen all groups knows, however they are split', () => {
    fc.assert(
      fc.property(fc.array(oneGroup, { maxLength: 60 }), (groups) => {
        const parts = [0, 1, 2, 3].map((each) => groups.filter(({ partition }) => partition === each));
        const partials = parts.map((part) => partialOf(part, 12_501));
        expect(shown(sumOfPartials(partials, LAST))).toEqual(slowFleet(groups));
      }),
      { seed: 20_261_129, numRuns: tries(40, 2_000) },
    );
  });

  it('takes a pair for common that one partition takes for common', () => {
    const groups = Array.from({ length: 5 }, (_, n) => regular(`ws-${n}`));
    const sum = sumOfPartials([partialOf(groups.slice(0, 3), 2), partialOf(groups.slice(3), 2)], LAST);
    expect(pairsOf(sum.pairs).get(0)?.regular).toBeNull();
  });

  it('moves the hours of a window that ended earlier', () => {
    const old = new PartialBuilder(LAST - 5, 9);
    old.hours.mark(old.hours.slotOf(1, 0), LAST - 5);
    old.hours.mark(old.hours.slotOf(1, 0), LAST - 77);
    const sum = sumOfPartials([old.build()], LAST);
    expect(shown(sum).counted).toEqual({ [`1 0 ${LAST - 5}`]: 1 });
  });

  it('above its limits names nothing, and says so', () => {
    const groups = [regular('ws-1'), { ...regular('ws-2'), process: 'b.exe' }];
    const partial = partialOf(groups, 9, { devices: 1, pairs: 1 });
    expect([partial.hours.devices, partial.hours.isFull, partial.pairs.size, partial.isFull]).toEqual([
      1,
      true,
      1,
      true,
    ]);
    const sum = sumOfPartials([partial], LAST);
    expect(sum.isFull).toBe(true);
    const cut = sumOfPartials([partialOf(groups, 9)], LAST, { pairs: 1 });
    expect([cut.pairs.size, cut.isFull]).toEqual([1, true]);
    expect([...cut.pairs.regular.keys()]).toEqual([0]);
    const few = partialOf([regular('ws-1'), regular('ws-2')], 9, { regularDevices: 1 });
    expect(pairsOf(few.pairs).get(0)?.regular).toBeNull();
  });
});

describe('HourTable', () => {
  it('counts a device once, whatever the number of its sources', () => {
    const table = new HourTable(LAST, 2);
    for (const source of [0, 4, 1]) table.mark(table.slotOf(7, source), LAST);
    expect([table.devices, table.slotOf(8, 0), table.slotOf(9, 0), table.slotOf(7, 2)]).toEqual([1, 3, -1, 4]);
    table.mark(-1, LAST);
    expect(table.find(9, 0)).toBe(-1);
  });
});

function regular(device: string): OneGroup {
  const [process, network] = ['a.exe', '198.51.0.0/16'];
  return { device, source: 0, process, network, hours: [LAST], isRegular: true, partition: 0 };
}
