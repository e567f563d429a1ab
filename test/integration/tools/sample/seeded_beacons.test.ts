import { describe, expect, test } from 'vitest';
import { planTenant, type SeededBeacon } from '../../../../tools/sample/plan.ts';
import { seededBeaconsIn } from '../../../../tools/sample/seeded_beacons_seen.ts';
import { LONG } from '../../../support/effort.ts';
import { foundGroups, groupKey, matches } from '../../../support/sample/rule.ts';
import { END, tenant } from '../../../support/sample/tenant.ts';
import { truth } from '../../../support/sample/truth.ts';

const keyOf = ({ device, process, remoteIP }: SeededBeacon) => groupKey(device, process, remoteIP);

describe('planTenant(…).seededBeacons', () => {
  test.each([
    { devices: 40, seed: 1 },
    ...(LONG
      ? [
          { devices: 40, seed: 2 },
          { devices: 41, seed: 1 },
        ]
      : []),
    { devices: 6, seed: 3 },
    { devices: 1, seed: 1 },
  ])('of $devices devices, seed $seed: the rule finds those with expected found, and misses the others', (options) => {
    const { plan, lines } = tenant(options);
    const found = foundGroups(lines, plan.end);
    const wrong = plan.seededBeacons.filter((each) => found.has(keyOf(each)) !== (each.expected === 'found'));
    expect(wrong).toEqual([]);
    expect(plan.seededBeacons.some(({ expected }) => expected === 'found')).toBe(true);
    expect(plan.seededBeacons.some(({ expected }) => expected === 'missed')).toBe(true);
  });

  test.each(['defender', 'defender-raw', 'sysmon', 'wfp'] as const)(
    'in single connections of the source %s: the rule finds those with expected found',
    (source) => {
      const plan = planTenant({ devices: 5, seed: 1, end: END, plain: true });
      const counts = truth(plan, source);
      const isFound = (each: SeededBeacon) => matches(counts.get(keyOf(each)) ?? new Map());
      const beacons = seededBeaconsIn(plan.seededBeacons, source);
      expect(beacons.filter((each) => isFound(each) !== (each.expected === 'found'))).toEqual([]);
      expect(beacons.filter(isFound).length).toBeGreaterThan(15);
    },
  );

  test('the rule finds a few other groups, not many', () => {
    const { plan, lines } = tenant();
    const seeded = new Set(plan.seededBeacons.map(keyOf));
    const others = [...foundGroups(lines, plan.end)].filter((key) => !seeded.has(key));
    expect(others.length).toBeGreaterThan(0);
    expect(others.length).toBeLessThan(20);
  });

  test('are distinct groups', () => {
    const { seededBeacons } = planTenant({ devices: 250, seed: 1, end: END });
    expect(new Set(seededBeacons.map(keyOf)).size).toBe(seededBeacons.length);
  });

  test('are the same for every end, and occur once for every 40 devices', () => {
    const beaconsOf = (devices: number, end: number) => planTenant({ devices, seed: 1, end }).seededBeacons;
    const beacons = beaconsOf(40, END);
    expect(beaconsOf(40, Date.UTC(2030, 0))).toEqual(beacons);
    expect(beaconsOf(80, END)).toHaveLength(2 * beacons.length);
    expect(beaconsOf(80, END).slice(0, beacons.length)).toEqual(beacons);
  });

  test('have names that attack a terminal, a spreadsheet and a chat', () => {
    const names = planTenant({ devices: 40, seed: 1, end: END }).seededBeacons.map(({ process }) => process);
    for (const attack of ['\u001b[31m', '=cmd', '<!channel>', '\u202e']) {
      expect(names.some((name) => name?.includes(attack))).toBe(true);
    }
    expect(names).toContain(null);
  });
});

describe('planTenant(options)', () => {
  test.each([0, -1, 1.5, 10_001, Number.NaN])('refuses %d devices', (devices) => {
    expect(() => planTenant({ devices, seed: 1, end: END })).toThrow('devices must be a whole number from 1 to 10000');
  });

  test('refuses a seed that is no whole number', () => {
    expect(() => planTenant({ devices: 1, seed: 0.5, end: END })).toThrow('seed must be a whole number, got 0.5');
  });

  test.each([Number.NaN, 0, Date.UTC(10_000, 1)])('refuses the end %d', (end) => {
    expect(() => planTenant({ devices: 1, seed: 1, end })).toThrow('end must be in the years 1970 to 9999');
  });

  test('names devices and users independently of their number', () => {
    const few = planTenant({ devices: 10, seed: 1, end: END }).devices;
    const more = planTenant({ devices: 200, seed: 1, end: END }).devices;
    expect(more.slice(0, 10)).toEqual(few);
    expect(new Set(more.map(({ name }) => name.slice(4))).size).toBe(200);
    expect(new Set(more.map(({ id }) => id)).size).toBe(200);
  });
});
