import { describe, expect, it } from 'vitest';
import { timestampOf } from '../../../../src/core/kql/timestamp.ts';
import { regularityOf } from '../../../../src/core/regularity/assessment.ts';
import { chiSquareBelow } from '../../../../src/core/regularity/chi_square.ts';
import { clockShareOf } from '../../../../src/core/regularity/clock_variance.ts';
import { fewDevicesOf } from '../../../../src/core/regularity/fleet_limits.ts';
import { gapsOf, gapsView } from '../../../../src/core/regularity/gaps_view.ts';
import { hourOffsetOf } from '../../../../src/core/regularity/hour_offset.ts';
import { pointsOf } from '../../../../src/core/regularity/points.ts';
import { type AddressCounts, processRegularityOf } from '../../../../src/core/regularity/process_view.ts';
import { publicAddressOf } from '../../../../src/core/regularity/public_address.ts';
import { rhythmOf } from '../../../../src/core/regularity/rhythm.ts';
import { isSession, sessionOf } from '../../../../src/core/regularity/session.ts';
import { spreadView } from '../../../../src/core/regularity/spread_view.ts';
import { stepsView } from '../../../../src/core/regularity/steps_view.ts';
import { binSecondsOf } from '../../../../src/core/regularity/time_bin.ts';
import { rawTimedCountsOf, timedCountsOf } from '../../../../src/core/regularity/timed_count.ts';
import { bestView } from '../../../../src/core/regularity/view.ts';
import { BASE_HOUR } from './groups.ts';

/** One report for each count, an hour apart; 0 is no report. */
function hourly(counts: readonly number[], minute = 20, fromHour = 0) {
  const all = counts.map((count, hour) => ({ second: (BASE_HOUR + fromHour + hour) * 3600 + minute * 60, count }));
  return all.filter(({ count }) => count > 0);
}

function hours(...on: readonly number[]): Set<number> {
  return new Set(on.map((hour) => BASE_HOUR + hour));
}

const same = (count: number, n: number) => Array.from({ length: n }, () => count);
const upTo = (n: number) => Array.from({ length: n }, (_none, hour) => hour);

describe('timedCountsOf(reports)', () => {
  it('cuts the fraction of a second off, and skips reports without a connection', () => {
    const reports = [
      { Timestamp: timestampOf('1970-01-01T00:00:59.9999999Z')!, count: 2 },
      { Timestamp: timestampOf('1970-01-01T00:01:00Z')!, count: 0 },
      { Timestamp: timestampOf('1970-01-01T00:02:00Z')!, count: null },
    ];
    expect(timedCountsOf(reports)).toEqual([{ second: 59, count: 2 }]);
  });

  it('sums the rows of a raw source per hour, or per bin', () => {
    const rows = [7, 9, 61].map((minute) => ({
      Timestamp: timestampOf(`1970-01-01T0${Math.floor(minute / 60)}:0${minute % 60}:30Z`)!,
      count: 3,
    }));
    expect(rawTimedCountsOf(rows)).toEqual([
      { second: 0, count: 6 },
      { second: 3600, count: 3 },
    ]);
    expect(rawTimedCountsOf(rows, 300)).toEqual([
      { second: 300, count: 6 },
      { second: 3600, count: 3 },
    ]);
  });
});

describe('binSecondsOf(minutes)', () => {
  it('takes minutes that divide an hour', () => {
    expect([1, 5, 60].map(binSecondsOf)).toEqual([60, 300, 3600]);
  });

  it.each([0, 7, 120, -5, 2.5, Number.NaN])('refuses %s with an example', (minutes) => {
    expect(() => binSecondsOf(minutes)).toThrow(
      `a bin is a number of minutes that divides 60, such as 5; got ${minutes}`,
    );
  });
});

describe('hourOffsetOf(times)', () => {
  const at = (...minutes: readonly number[]) => minutes.map((minute) => BASE_HOUR * 3600 + minute * 60);

  it('is half an hour for reports four minutes around the full hour', () => {
    expect(hourOffsetOf(at(56, 124, 176, 244, 296, 364))).toBe(1800);
  });

  it('is the largest of those whose borders are equally far from the reports', () => {
    // Half past and 25 past are both 25 minutes away.
    expect(hourOffsetOf(at(0, 55, 120, 175, 240, 295))).toBe(1800);
  });

  it('is 0 where another offset yields only one more distinct hour', () => {
    expect(hourOffsetOf(at(30, 90, 121, 179))).toBe(0);
  });
});

describe('pointsOf(counts, deviceOn)', () => {
  it('omits silent hours in which the device was off, and splits there', () => {
    const counts = hourly([6, 6, 6, 6, 6, 0, 0, 6, 6]);
    const { stretches, inner } = pointsOf(counts, hours(0, 1, 2, 3, 4, 7, 8));
    expect(stretches).toEqual([same(6, 5), [6, 6]]);
    expect(inner).toEqual([same(6, 3), [6, 6]]);
  });

  it('counts silent hours as 0 while another group of the device reports', () => {
    expect(pointsOf(hourly([6, 0, 6, 0, 0, 6]), hours(0, 1, 2, 5)).stretches).toEqual([[6, 0, 6], [6]]);
  });

  it('counts all silent hours as 0 where other groups report in fewer than 80 % of the hours of the group', () => {
    const counts = hourly([6, 0, 6, 6, 6, 6]);
    expect(pointsOf(counts, hours(0, 2, 3)).on).toEqual([6, 0, 6, 6, 6, 6]);
    expect(pointsOf(counts, hours(0, 2, 3, 4)).on).toEqual([6, 6, 6, 6, 6]);
    expect(pointsOf(counts, null).on).toEqual([6, 0, 6, 6, 6, 6]);
  });

  it('counts an hour that begins at half past as on if the device was on in either clock hour', () => {
    const minutes = [56, 124, 176, 244, 296, 364, 656];
    const counts = minutes.map((minute) => ({ second: BASE_HOUR * 3600 + minute * 60, count: 6 }));
    expect(pointsOf(counts, hours(0, 2, 4, 6, 8, 10)).on).toEqual([...same(6, 6), 0, 0, 0, 0, 6]);
    expect(pointsOf(counts, hours(0, 2, 4, 6, 10)).on).toEqual([...same(6, 6), 0, 0, 6]);
  });

  it('refuses reports that no window of 72 hours holds', () => {
    expect(pointsOf(hourly([1, ...same(0, 71), 1]), null).on).toHaveLength(73);
    expect(() => pointsOf(hourly([1, ...same(0, 72), 1]), null)).toThrow('reports of 73 hours; the window has 72');
  });

  it('has no point for no report', () => {
    expect(pointsOf([], hours(1))).toMatchObject({ stretches: [], on: [], x: [] });
  });
});

describe('the views', () => {
  it('spreadView takes off what whole hours add to a perfect clock', () => {
    expect(clockShareOf(2.25)).toBeCloseTo(0.1875 / 2.25, 12);
    expect(spreadView([12, 12, 12])).toEqual({ name: 'spread', value: 0, n: 3, k: 5 });
    // Sample variance 0.25 = u(1 − u)·4/3: only the sample's correction is left.
    expect(spreadView([2, 2, 2, 3])?.value).toBeCloseTo((0.25 / 2.25 - 0.1875 / 2.25) / (1 - 0.1875 / 2.25), 12);
    expect(spreadView([1, 19, 10])?.value).toBeCloseTo(8.1, 12);
  });

  it('spreadView is not measured for two points, no connection, or fewer than 0.4 an hour', () => {
    expect([spreadView([5, 5]), spreadView([0, 0, 0]), spreadView([1, 0, 0])]).toEqual([null, null, null]);
    expect(spreadView([1, 1, 0, 0, 0])).toMatchObject({ n: 5 * 0.4 ** 2 });
  });

  it('stepsView drops the largest third of the steps, and steps between stretches are none', () => {
    expect(stepsView([[60, 60, 12, 12]])).toEqual({ name: 'steps', value: 0, n: 3, k: 5 });
    expect(
      stepsView([
        [60, 60],
        [12, 12],
      ]),
    ).toMatchObject({ value: 0, n: 2 });
    expect(stepsView([[1, 3]])?.value).toBeCloseTo(1 / 0.27487, 12);
    expect(stepsView([[5], [0, 0]])).toBeNull();
  });

  it('gapsView compares with the gaps of chance, and needs four gaps of 1.25 hours on average', () => {
    expect(gapsOf([1, 0, 0, 2, 1])).toEqual([3, 1]);
    expect(gapsView([4, 4, 4, 4])).toEqual({ name: 'gaps', value: 0, n: 4, k: 3 });
    // Sample variance 4/3 and mean 2: 2·(2 − 1) by chance.
    expect(gapsView([1, 1, 3, 3])?.value).toBeCloseTo(2 / 3, 12);
    expect(gapsView([4, 4, 4])).toBeNull();
    expect(gapsView([1, 1, 1, 2])).not.toBeNull();
    expect(gapsView([1, 1, 1, 1, 2])).toBeNull();
  });

  it('bestView is the first of equal views', () => {
    const [spread, steps] = (['spread', 'steps'] as const).map((name) => ({ name, value: 2, n: 9, k: 5 }));
    expect(bestView([spread!, steps!])).toBe(spread);
    expect(bestView([])).toBeNull();
  });
});

describe('rhythmOf(points, best view)', () => {
  const best = { name: 'spread', value: 0, n: 9, k: 5 } as const;
  const pointsWith = (on: readonly number[]) => ({ ...pointsOf([], null), on, x: on });

  it('is taken from the gaps only if fewer than half of the hours have a connection', () => {
    // Gaps of 1, 4 and 2 hours.
    expect(rhythmOf(pointsWith([1, 1, 0, 0, 0, 1, 0, 1]), best).interval).toBe(7200);
    expect(rhythmOf(pointsWith([1, 1, 0, 0, 0, 1, 0, 1, 0]), best).interval).toBe(8400);
  });

  it('is taken from the hours with a connection if there are two an hour', () => {
    expect(rhythmOf(pointsWith([0, 4]), best).interval).toBe(900);
    expect(rhythmOf(pointsWith([0, 4, 1]), best).interval).toBe(2160);
  });

  it('has the half width of a uniform distribution as jitter', () => {
    // Variance over mean 8/12; whole hours add 1/(6 · 12).
    expect(rhythmOf(pointsWith([10, 14]), best)).toEqual({ interval: 300, jitter: 0.9 });
    expect(rhythmOf(pointsWith([11, 13]), best).jitter).toBeCloseTo(Math.sqrt(3 * (2 / 12 - 1 / 72)), 12);
  });
});

describe('sessionOf(counts)', () => {
  it('is the probability that chance makes it this even', () => {
    // p of χ² with 2 degrees: 1 − e^(−x/2).
    expect(chiSquareBelow(2, 2)).toBeCloseTo(1 - 1 / Math.E, 12);
    expect(sessionOf(same(30, 6)).p).toBeCloseTo(1.6814877189706264e-9, 18);
    expect(sessionOf([20, 40, 30, 30])).toMatchObject({ n: 4, mean: 30 });
  });

  it('takes off what whole hours add to a perfect clock', () => {
    // f is 1/18, the squares are 4/18: (4 − 3)/18 over 17/18.
    expect(sessionOf([4, 5, 4, 5]).p).toBeCloseTo(chiSquareBelow(3, 1 / 17), 12);
  });

  it('matches up to 12 hours and once in 3,333 groups of chance', () => {
    expect(isSession({ p: 3e-4, n: 12, mean: 4 })).toBe(true);
    expect(isSession({ p: 3.1e-4, n: 12, mean: 4 })).toBe(false);
    expect(isSession({ p: 1e-9, n: 13, mean: 4 })).toBe(false);
  });

  it('is 1 for fewer than four hours or fewer than four connections an hour', () => {
    expect([same(30, 3), same(3, 9), []].map((x) => sessionOf(x).p)).toEqual([1, 1, 1]);
  });
});

describe('regularityOf(reports, deviceOn)', () => {
  it('is 0.933 for twelve connections in each of 72 hours', () => {
    expect(regularityOf(hourly(same(12, 72)), null)).toMatchObject({
      measured: true,
      regularity: 0.933,
      view: 'spread',
      interval: 300,
      interval_low: 300,
      interval_high: 300,
      coverage: 1,
      way: 'score',
    });
  });

  it('finds one connection in every fourth hour', () => {
    const counts = hourly(upTo(69).map((hour) => (hour % 4 === 0 ? 1 : 0)));
    expect(regularityOf(counts, null)).toMatchObject({
      view: 'gaps',
      interval: 14_400,
      regularity: 0.85,
      way: 'score',
    });
  });

  it('gives a reason where nothing can be measured', () => {
    expect(regularityOf(hourly(same(12, 4)), null)).toEqual({ measured: false, reason: 'too-few-reports' });
    const oneHour = [0, 1, 2, 3, 4].map((second) => ({ second, count: 3 }));
    expect(regularityOf(oneHour, null)).toEqual({ measured: false, reason: 'no-view' });
  });

  it('matches a short run as a session, and by score only from the threshold of ripe matches on', () => {
    expect(regularityOf(hourly(same(30, 9)), null)).toMatchObject({ regularity: 0.583, way: 'session' });
    expect(regularityOf(hourly(same(30, 13)), null)).toMatchObject({ regularity: 0.688, way: 'session' });
    expect(regularityOf(hourly(same(30, 14)), null)).toMatchObject({ regularity: 0.706, way: 'score' });
  });

  it('matches from the thresholds that it is given', () => {
    const counts = hourly(same(12, 72));
    expect(regularityOf(counts, null, 3600, { match: 0.933, ripe: 0.7 })).toMatchObject({ way: 'score' });
    expect(regularityOf(counts, null, 3600, { match: 0.934, ripe: 0.7 })).toMatchObject({ way: null });
  });
});

describe('processRegularityOf(addresses, few, deviceOn)', () => {
  const first: AddressCounts = {
    RemoteIP: '198.51.100.7',
    counts: hourly(same(24, 6)),
    devices: 1,
    matchesByItself: false,
  };
  const second: AddressCounts = { ...first, RemoteIP: '2001:db8:77::1', counts: hourly(same(24, 6), 20, 6) };

  it('sums addresses that take turns', () => {
    expect(processRegularityOf([first, second], 1, null)).toMatchObject({
      way: 'process',
      interval: 150,
      addresses: 2,
    });
  });

  it.each([
    ['too-few-addresses', [first, { ...second, RemoteIP: '::ffff:198.51.100.7' }]],
    ['too-few-addresses', [first, { ...second, devices: 2 }]],
    ['too-few-addresses', [first, { ...second, RemoteIP: 'fd00::1' }]],
    ['too-few-addresses', [first, { ...second, counts: [] }]],
    ['address-matches-by-itself', [first, { ...second, matchesByItself: true }]],
    ['one-address', [first, { ...second, counts: hourly(same(24, 1), 20, 6) }]],
    [
      'too-few-hours',
      [
        { ...first, counts: hourly(same(9, 4)) },
        { ...second, counts: hourly(same(9, 4), 40) },
      ],
    ],
  ])('is not measured: %s', (reason, addresses) => {
    expect(processRegularityOf(addresses, 1, null)).toEqual({ measured: false, reason });
  });

  it('matches if one address has exactly 80 % of the connections, and the score exactly the threshold', () => {
    const most = { ...first, counts: hourly(same(12, 8)) };
    const least = { ...second, counts: hourly(same(12, 2), 20, 8) };
    const thresholds = { match: 0.615, ripe: 0.7 };
    expect(processRegularityOf([most, least], 1, null, 3600, thresholds)).toMatchObject({
      regularity: 0.615,
      way: 'process',
    });
  });

  it('is not silenced by an address that matches but that more devices use', () => {
    const common = { ...first, RemoteIP: '203.0.113.9', devices: 2, matchesByItself: true };
    expect(processRegularityOf([first, second, common], 1, null)).toMatchObject({ way: 'process', addresses: 2 });
  });

  it('does not match above two hours between connections', () => {
    const everyThird = upTo(24).map((hour) => (hour % 3 === 0 ? 1 : 0));
    const slow = [
      { ...first, counts: hourly(everyThird) },
      { ...second, counts: hourly(everyThird, 20, 24) },
    ];
    expect(processRegularityOf(slow, 1, null)).toMatchObject({ regularity: 0.833, interval: 10_800, way: null });
  });
});

describe('publicAddressOf(text)', () => {
  it.each([
    ['198.51.100.7', '198.51.100.7', '198.51.0.0/16'],
    ['::ffff:C633:6407', '198.51.100.7', '198.51.0.0/16'],
    ['2001:0DB8:ABCD::1', '2001:db8:abcd::1', '2001:db8::/32'],
    ['2001:0:0:1::', '2001:0:0:1::', '2001::/32'],
    ['100.64.1.1', '100.64.1.1', '100.64.0.0/16'],
  ])('%s is %s in %s', (text, address, network) => {
    expect(publicAddressOf(text)).toEqual({ address, network });
  });

  it.each([
    '10.1.2.3',
    '172.31.0.1',
    '192.168.0.1',
    '127.0.0.1',
    '169.254.0.1',
    '224.0.0.1',
    '255.255.255.255',
    '0.0.0.0',
    '::',
    '::1',
    'fd00::1',
    'fe80::1%eth0',
    'fec0::1',
    'ff02::1',
    '::ffff:192.168.0.1',
  ])('%s is out of scope', (text) => {
    expect(publicAddressOf(text)).toBeNull();
  });

  it.each(['', '-', '1.2.3', '010.0.0.1', '0x7f.1', '198.51.100.7/24', 'example.com', `2001:db8::${'0'.repeat(99)}1`])(
    '%s is no address',
    (text) => {
      expect(publicAddressOf(text)).toBeNull();
    },
  );
});

describe('fewDevicesOf(devices)', () => {
  it('is a tenth, from 1 to 3', () => {
    expect([0, 9, 19, 20, 30, 5_000].map(fewDevicesOf)).toEqual([1, 1, 1, 2, 3, 3]);
  });
});
