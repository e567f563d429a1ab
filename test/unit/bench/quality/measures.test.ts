import { describe, expect, it } from 'vitest';
import { beaconGroup } from '../../../../bench/quality/beacon.ts';
import { lookAt } from '../../../../bench/quality/detectors.ts';
import { missedGoals } from '../../../../bench/quality/fleet/goals.ts';
import type { FleetSummary } from '../../../../bench/quality/fleet/summary.ts';
import { poisson } from '../../../../bench/quality/irregular.ts';
import { recallOf } from '../../../../bench/quality/recall.ts';
import { brokenPromises, changes, fleetChanges } from '../../../../bench/quality/regression.ts';
import { ritaScore } from '../../../../bench/quality/rivals/rita.ts';
import { variationOf } from '../../../../bench/quality/rivals/variation.ts';
import { agree, wilson } from '../../../../bench/quality/wilson.ts';
import { randomOf } from '../../../../tools/sample/random.ts';

describe('wilson({ hits, of })', () => {
  it('is the interval that the literature prints', () => {
    // Brown, Cai and DasGupta (2001), and any table: 10 of 10 with z = 1.96 gives 0.722 to 1.
    const [low, high] = wilson({ hits: 10, of: 10 }, 1.96);
    expect(low).toBeCloseTo(0.7225, 4);
    expect(high).toBe(1);
    expect(wilson({ hits: 0, of: 0 })).toEqual([0, 1]);
  });

  it('agree() is what chance may explain', () => {
    expect(agree({ hits: 200, of: 200 }, { hits: 195, of: 200 })).toBe(true);
    expect(agree({ hits: 200, of: 200 }, { hits: 170, of: 200 })).toBe(false);
  });
});

describe('simulated traffic', () => {
  it('beaconGroup(plan) counts every connection once, but for the hours at both ends of the window', () => {
    const plan = { sleep: 300, jitter: 0, schedule: 'on', hours: 72 } as const;
    const { counts, times, deviceOn } = beaconGroup(plan, randomOf(1));
    expect(times).toHaveLength(864);
    const counted = counts.reduce((sum, { count }) => sum + count, 0);
    expect(counted).toBeGreaterThanOrEqual(864 - 24);
    expect(counted).toBeLessThanOrEqual(864);
    expect(deviceOn.size).toBeGreaterThanOrEqual(72);
    expect(lookAt({ counts, deviceOn })).toEqual({ kql: false, match: true, ripe: true });
  });

  it('a device that is off at night has no connection and no hour then', () => {
    const { times, deviceOn } = beaconGroup({ sleep: 60, jitter: 0.2, schedule: 'off', hours: 72 }, randomOf(2));
    expect(times.every((time) => (time / 3600) % 24 >= 8 && (time / 3600) % 24 < 18)).toBe(true);
    expect(deviceOn.size).toBeLessThanOrEqual(33);
  });

  it('poisson(rate) has the mean and the variance of its rate, also above 30', () => {
    const random = randomOf(3);
    const values = Array.from({ length: 3_000 }, () => poisson(75, random));
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1);
    expect(mean).toBeCloseTo(75, 0);
    expect(variance / 75).toBeGreaterThan(0.9);
    expect(variance / 75).toBeLessThan(1.1);
  });
});

describe('the check', () => {
  const cell = recallOf({ sleep: 900, jitter: 0, schedule: 'on', hours: 72 }, 1);
  const rates = (hits: number) => [
    { kind: 'poisson', groups: 10_000, found: { 'kql-rule': 0, regularity: hits, both: hits } } as const,
  ];
  const measured = { seed: 1, recall: [cell], looks: rates(10), weeks: [], rivals: { recall: [], looks: [] } };

  it('finds nothing in what is as promised, and as stored', () => {
    expect(brokenPromises(measured)).toEqual([]);
    expect(changes(measured, measured)).toEqual([]);
  });

  it('names a cell whose recall has fallen', () => {
    const found = { ...cell.found, regularity: 100 };
    const worse = { ...measured, recall: [{ ...cell, found }] };
    expect(brokenPromises(worse)).toEqual([
      'recall of regularity, 15 min, always on, 72 h, jitter 0: 0.50 (100 of 200), the definition promises 1.00 (200 of 200)',
    ]);
    expect(changes(measured, worse)).toEqual([
      'recall of regularity, sleep 900 s, jitter 0, on, 72 h old: 0.50 (100 of 200), stored is 1.00 (200 of 200)',
    ]);
  });

  it('names a false rate above its limit by more than chance explains', () => {
    expect(brokenPromises({ ...measured, looks: rates(17) })).toEqual([]);
    expect(brokenPromises({ ...measured, looks: rates(60) })).toEqual([
      'false rate of regularity, one look: 0.0060 (60 of 10000), the limit is 1.5 per 1,000',
    ]);
  });

  const none = {
    ...{ 'common poller': 0, 'uncommon poller': 0, rollout: 0, 'update day': 0 },
    ...{ 'irregular traffic': 0, 'rare regular program': 0, beacon: 0 },
  };
  const of = (rollout: number) => ({ 'kql-rule': none, regularity: none, both: { ...none, rollout } });
  const fleet = (seed: number, rollout: number, beacons: FleetSummary['beacons'] = []) => ({
    ...{ seed, hours: 240, groups: 1, pairs: 302, baselineEnd: 24, beacons },
    ...{ opened: of(0), notified: of(rollout), digest: of(0) },
  });

  it('names a goal that the fleets together miss', () => {
    const beacon = { interval: 60, jitter: 0, isLaptop: false, isHidden: false, start: 1, recorded: 3 };
    const beacons = (notified: number) =>
      Array.from({ length: 10 }, (_, number) => ({ ...beacon, notified: number < notified ? 3 : null }));
    // 200 devices and a week are 1,400 device-days.
    expect(missedGoals([fleet(1, 14, beacons(9))])).toEqual([]);
    expect(missedGoals([fleet(1, 15, beacons(8))])).toEqual([
      'fleets: 1.07 benign notifications per 100 device-days, the goal is at most 1',
      'fleets: 8 of 10 beacons notified, the goal is at least 90 %',
    ]);
    expect(missedGoals([fleet(1, 15, beacons(8)), fleet(2, 0, beacons(10))])).toEqual([]);
  });

  it('compares fleets of the same seed', () => {
    expect(fleetChanges([fleet(1, 0)], [fleet(1, 2)])).toEqual([]);
    expect(fleetChanges([fleet(1, 0)], [fleet(1, 40)])).toEqual([
      'fleet 1, both, rollout: 40 notifications, stored is 0',
    ]);
    expect(fleetChanges([fleet(1, 0)], [fleet(2, 40)])).toEqual([]);
  });
});

describe('rivals', () => {
  const every = (seconds: number, number: number) => Array.from({ length: number }, (_, index) => index * seconds);

  it('ritaScore(pair) is 1 for clockwork of one size that lasts all day', () => {
    const times = every(60, 24 * 60);
    const score = ritaScore({ times, sizes: times.map(() => 300) }, 0, 86_400);
    expect(score?.score).toBeGreaterThan(0.999);
    expect(ritaScore({ times: [1, 2, 3], sizes: [1, 1, 1] }, 0, 86_400)).toBeNull();
  });

  it('ritaScore(pair) has each part of the published description', () => {
    // Eight hours at one end of the day, intervals of 10 and 50 s in turn.
    const times = every(30, 960).map((time, index) => time + (index % 2) * 20);
    const score = ritaScore({ times, sizes: times.map((_, index) => (index % 2) * 100) }, 0, 86_400);
    expect(score?.duration).toBeCloseTo(8 / 12, 5);
    // The quartiles are the two values: the skewness says nothing, and the deviation is as large as the median allows.
    expect(score?.timestamps).toBeLessThanOrEqual(1);
    expect(score?.histogram).toBeLessThan(0.1);
  });

  it('variationOf(values) is the deviation over the mean, from twelve values on', () => {
    expect(variationOf([1, 2, 3])).toBeNull();
    expect(variationOf(Array.from({ length: 12 }, () => 5))).toBe(0);
    expect(variationOf([...every(0, 6), ...every(0, 6).map(() => 2)])).toBeCloseTo(Math.sqrt(12 / 11), 10);
  });
});
