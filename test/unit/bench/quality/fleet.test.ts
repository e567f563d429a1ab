import { describe, expect, it } from 'vitest';
import { assessed, GroupLooks } from '../../../../bench/quality/fleet/look.ts';
import { DEVICES, fleetPlan, type Installation, WEEK_HOURS } from '../../../../bench/quality/fleet/plan.ts';
import { regularDevicesOf, regularIn, seenFleet } from '../../../../bench/quality/fleet/seen_fleet.ts';
import { fleetGroups } from '../../../../bench/quality/fleet/traffic.ts';

const installation: Installation = {
  ...{ device: 0, from: 0, to: 1 },
  pair: {
    ...{ process: 'agent.exe', network: '20.1', role: 'poller', addresses: 1, rotation: 'daily', devices: 1 },
    rhythm: { kind: 'clock', interval: 300, jitter: 0 },
  },
};
/** A group with 12 connections in each of 30 hours, from hour 1 on. */
function group(device: string, address: string): GroupLooks {
  const reports = Array.from({ length: 30 }, (_, hour) => ({ second: 3600 * (hour + 1) + 60, count: 12 }));
  const seenBy = Int16Array.from(reports, (_, hour) => hour + 3);
  return new GroupLooks({ installation, address, network: '20.1.0.0/16', reports, seenBy }, device);
}

describe('GroupLooks', () => {
  it('at(asOf) sees what has arrived by then, and keeps the look while nothing changes', () => {
    const looks = group('a', '20.1.0.1');
    expect(looks.at(2)).toBeNull();
    expect(looks.at(3)?.counts).toHaveLength(1);
    expect(looks.at(10)?.counts).toHaveLength(8);
    const last = looks.at(40);
    expect(last?.counts).toHaveLength(30);
    expect(looks.at(41)).toBe(last);
    expect(looks.at(90)?.counts).toHaveLength(30 - 17);
    expect(looks.at(200)).toBeNull();
  });
});

describe('the context of a run', () => {
  it('counts devices regular with an address in this run, and with a network in the last one', () => {
    const groups = ['a', 'b', 'c'].map((device, number) => group(device, `20.1.0.${number < 2 ? 1 : 2}`));
    const seen = groups.map((looks) => ({ looks, look: looks.at(40)! }));
    for (const { looks, look } of seen) assessed(look, looks.DeviceName, null);
    const { devices, few, many, users } = seenFleet(40, seen);
    expect({ devices, few, many }).toEqual({ devices: 3, few: 1, many: 10 });
    expect(users.get('agent.exe|20.1.0.0/16')?.size).toBe(3);
    const [now, none] = [regularIn(seen, many), regularIn([], many)];
    expect(groups.map((looks) => regularDevicesOf(looks, now, none))).toEqual([2, 2, 1]);
    expect(groups.map((looks) => regularDevicesOf(looks, now, now))).toEqual([3, 3, 3]);
  });
});

describe('fleetPlan(seed)', () => {
  const plan = fleetPlan(3);

  it('is what the page says', () => {
    const pairs = new Set(plan.installations.map(({ pair }) => pair));
    const of = (role: string) => [...pairs].filter((pair) => pair.role === role);
    expect(plan.devices).toHaveLength(DEVICES);
    expect([of('poller').length, of('irregular').length, of('rare').length, of('beacon').length]).toEqual([
      45, 255, 10, 60,
    ]);
    expect(of('poller').every(({ devices }) => devices >= 4)).toBe(true);
    expect(of('rare').every(({ devices }) => devices <= 3)).toBe(true);
    expect(of('rollout')[0]?.devices).toBe(DEVICES / 2);
    const starts = plan.installations.filter(({ pair }) => pair.role === 'beacon').map(({ from }) => from / 3600);
    // One that starts at the weekend on a laptop waits for its next day.
    expect(starts.every((hour) => hour >= 0 && hour < WEEK_HOURS + 24)).toBe(true);
  });

  it('its groups have reports in order of time, in the hours of their device, each seen after it ended', () => {
    const some = { ...plan, installations: plan.installations.filter((_, number) => number % 200 === 0) };
    const groups = fleetGroups(3, some);
    expect(groups.length).toBeGreaterThan(20);
    const wrong = groups.flatMap(({ reports, seenBy, installation: { device } }) =>
      reports.filter(({ second, count }, index) => {
        const isInOrder = second >= (reports[index - 1]?.second ?? Number.NEGATIVE_INFINITY);
        const isEnded = (seenBy[index] as number) > (second - 3600) / 3600;
        const spans = plan.devices[device]?.spans ?? [];
        const isOn = spans.some(({ from, to }) => second >= from - 300 && second <= to + 300);
        return count < 1 || !isInOrder || !isEnded || !isOn;
      }),
    );
    expect(wrong).toEqual([]);
  });
});
