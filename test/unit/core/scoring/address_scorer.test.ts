import { describe, expect, it } from 'vitest';
import { timestampFromMs } from '../../../../src/core/kql/timestamp.ts';
import { type Address, AddressScorer, MAX_POINTS_IN_MEMORY } from '../../../../src/core/scoring/address_scorer.ts';
import type { Group } from '../../../../src/core/scoring/group_cutter.ts';
import { KQL_RULE } from '../../../../src/core/scoring/rule.ts';
import { SeriesBuilder } from '../../../../src/core/scoring/series.ts';

const POINTS = 100;
const builder = new SeriesBuilder('hour');
for (let hour = 0; hour < POINTS; hour++) builder.add(timestampFromMs(hour * 3_600_000), 60);
const SERIES = builder.build();

const ADDRESSES: Record<string, string> = { '00000001': '203.0.113.1', '00000002': '203.0.113.2' };

const group = (number: number, addressPart: string): Group => ({
  groupId: `${addressPart}${number.toString(16).padStart(24, '0')}`,
  key: {
    source: 'defender',
    DeviceName: `wks-${number}`,
    InitiatingProcessFileName: 'x',
    RemoteIP: ADDRESSES[addressPart] ?? '',
  },
  series: SERIES,
  programHash: null,
});

function scored(groups: readonly Group[]): Address[] {
  const scorer = new AddressScorer(KQL_RULE);
  return [...groups.flatMap((each) => scorer.push([each])), ...scorer.finish()];
}

describe('AddressScorer', () => {
  it('gives out an address at a time, each match with all of its devices', () => {
    const groups = [group(1, '00000001'), group(2, '00000001'), group(1, '00000002')];
    const addresses = scored(groups);
    expect(addresses.map(({ addressPart, groups }) => [addressPart, groups])).toEqual([
      ['00000001', 2],
      ['00000002', 1],
    ]);
    expect(addresses[0]?.matched.map(({ devices }) => devices)).toEqual([2, 2]);
    expect(scored([])).toEqual([]);
  });

  it('holds a limited number of points of an address: the first are given with the devices seen so far', () => {
    const most = MAX_POINTS_IN_MEMORY / POINTS;
    const groups = Array.from({ length: most + 10 }, (_, n) => group(n, '00000001'));
    const addresses = scored([...groups, group(0, '00000002')]);
    expect(addresses.map(({ addressPart, groups, matched }) => [addressPart, groups, matched.length])).toEqual([
      ['00000001', most, most],
      ['00000001', 10, 10],
      ['00000002', 1, 1],
    ]);
    expect(new Set(addresses[0]?.matched.map(({ devices }) => devices))).toEqual(new Set([most]));
    expect(new Set(addresses[1]?.matched.map(({ devices }) => devices))).toEqual(new Set([most + 10]));
    expect(addresses[2]?.matched[0]?.devices).toBe(1);
  });

  it('skips groups that the rule does not score, as if they were not there', () => {
    const others = ['2001:db8::1', '::ffff:203.0.113.1', '10.0.0.1', ''].map((RemoteIP, n) => {
      const { key, ...rest } = group(n + 3, '00000001');
      return { ...rest, key: { ...key, RemoteIP } };
    });
    const scoredAlone = scored([group(1, '00000001'), group(2, '00000001')]);
    expect(scored([group(1, '00000001'), ...others, group(2, '00000001')])).toEqual(scoredAlone);
    expect(scored(others)).toEqual([]);
  });

  it('names no process twice, and not that of the match', () => {
    const named = (number: number, name: string): Group => {
      const { key, ...rest } = group(number, '00000001');
      return { ...rest, key: { ...key, InitiatingProcessFileName: name } };
    };
    const [address] = scored([named(1, 'b'), named(2, 'a'), named(3, 'b'), named(4, '')]);
    expect(address?.matched.map(({ otherProcesses }) => otherProcesses)).toEqual([['a'], ['b'], ['a'], ['a', 'b']]);
  });
});
