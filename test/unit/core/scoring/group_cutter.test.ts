import { describe, expect, it } from 'vitest';
import { HOUR_MS } from '../../../../src/core/kql/timespan.ts';
import { timestampFromMs, timestampOf } from '../../../../src/core/kql/timestamp.ts';
import { addressPartOf, type Contribution } from '../../../../src/core/records/contribution.ts';
import { type Address, AddressScorer } from '../../../../src/core/scoring/address_scorer.ts';
import { type Group, GroupCutter } from '../../../../src/core/scoring/group_cutter.ts';
import { KQL_RULE } from '../../../../src/core/scoring/rule.ts';
import { windowOf } from '../../../../src/core/scoring/window.ts';
import { frozen } from '../records/records.ts';

const window = frozen(windowOf(timestampOf('2026-11-20T12:00:00Z')!, 3));
const END_MS = Date.UTC(2026, 10, 20, 12);

interface Change {
  readonly groupId: string;
  readonly DeviceName?: string;
  readonly RemoteIP?: string;
  /** Hours before asOf. */
  readonly hoursAgo?: number;
  readonly count?: number | null;
}

function contribution({
  groupId,
  DeviceName = 'wks-1',
  RemoteIP = '203.0.113.1',
  hoursAgo = 1,
  count = 60,
}: Change): Contribution {
  return frozen({
    groupId: groupId.padEnd(32, '0'),
    source: 'defender',
    DeviceName,
    InitiatingProcessFileName: 'updater.exe',
    RemoteIP,
    Timestamp: timestampFromMs(END_MS - hoursAgo * HOUR_MS),
    contribution: '0123456789abcdef',
    count,
    failed: false,
    programHash: null,
  } as const);
}

/** `points` hours of one group, in time order. */
const beacon = (points: number, revision: Change) =>
  Array.from({ length: points }, (_, i) => contribution({ ...revision, hoursAgo: points - i }));

/** The same contributions in pages of every size: the answer must not depend on it. */
function cut(rows: readonly Contribution[], pageRows: number): { groups: Group[]; cutter: GroupCutter } {
  const cutter = new GroupCutter(window, 'hour');
  const groups: Group[] = [];
  for (let i = 0; i < rows.length; i += pageRows)
    groups.push(...cutter.push(Object.freeze(rows.slice(i, i + pageRows))));
  groups.push(...cutter.finish());
  return { groups, cutter };
}

function scored(rows: readonly Contribution[], pageRows: number): Address[] {
  const cutter = new GroupCutter(window, 'hour');
  const scorer = new AddressScorer(KQL_RULE);
  const addresses: Address[] = [];
  for (let i = 0; i < rows.length; i += pageRows)
    addresses.push(...scorer.push(cutter.push(rows.slice(i, i + pageRows))));
  return [...addresses, ...scorer.push(cutter.finish()), ...scorer.finish()];
}

describe.each([1, 2, 5, 1000])('GroupCutter, given pages of %d', (pageRows) => {
  it('cuts contributions in key order into groups with their series', () => {
    const { groups } = cut(
      [...beacon(2, { groupId: 'a1' }), ...beacon(3, { groupId: 'a2', DeviceName: 'wks-2' })],
      pageRows,
    );
    expect(groups.map(({ groupId, key, series }) => [groupId, key.DeviceName, series.ConnCounts])).toEqual([
      ['a1'.padEnd(32, '0'), 'wks-1', [60, 60]],
      ['a2'.padEnd(32, '0'), 'wks-2', [60, 60, 60]],
    ]);
  });

  it('passes over what lies outside the window, and groups that have nothing inside', () => {
    const { groups } = cut(
      [
        contribution({ groupId: 'a1', hoursAgo: 80 }),
        contribution({ groupId: 'a2', hoursAgo: 72, count: 1 }),
        contribution({ groupId: 'a2', hoursAgo: 71, count: 2 }),
        contribution({ groupId: 'a2', hoursAgo: 0, count: 3 }),
        contribution({ groupId: 'a2', hoursAgo: -1, count: 4 }),
        contribution({ groupId: 'a3', hoursAgo: -2 }),
      ],
      pageRows,
    );
    expect(groups.map(({ series }) => series.ConnCounts)).toEqual([[2, 3]]);
  });

  it('knows the newest report up to asOf, in the window or not', () => {
    expect(cut([], pageRows).cutter.newest).toBe('');
    expect(cut([contribution({ groupId: 'a1', hoursAgo: -1 })], pageRows).cutter.newest).toBe('');
    const old = [contribution({ groupId: 'a1', hoursAgo: 100 }), contribution({ groupId: 'a2', hoursAgo: 200 })];
    expect(cut(old, pageRows).cutter.newest).toBe(timestampFromMs(END_MS - 100 * HOUR_MS));
    const atEnd = [contribution({ groupId: 'a1', hoursAgo: 0 }), contribution({ groupId: 'a1', hoursAgo: -1 })];
    expect(cut(atEnd, pageRows).cutter.newest).toBe(window.asOf);
  });
});

describe.each([1, 3, 1000])('AddressScorer, given pages of %d', (pageRows) => {
  it('counts the devices that talk to the address, those without a match too', () => {
    const [address, ...others] = scored(
      [
        ...beacon(12, { groupId: 'a0000001a' }),
        ...beacon(2, { groupId: 'a0000001b', DeviceName: 'wks-2' }),
        ...beacon(1, { groupId: 'a0000001c', DeviceName: 'wks-2' }),
        ...beacon(20, { groupId: 'a0000001d', DeviceName: 'wks-3' }),
      ],
      pageRows,
    );
    expect(others).toEqual([]);
    expect(address).toMatchObject({ addressPart: 'a0000001', groups: 4 });
    expect(
      address?.matched.map(({ group, match, devices }) => [group.key.DeviceName, match.inliner_count, devices]),
    ).toEqual([
      ['wks-1', 12, 3],
      ['wks-3', 20, 3],
    ]);
  });

  it('starts again with each address', () => {
    const addresses = scored(
      [
        ...beacon(12, { groupId: 'a0000001a' }),
        ...beacon(3, { groupId: 'a0000002a', RemoteIP: '203.0.113.2', DeviceName: 'wks-8' }),
        ...beacon(12, { groupId: 'a0000003a', RemoteIP: '203.0.113.3', DeviceName: 'wks-9' }),
      ],
      pageRows,
    );
    expect(
      addresses.map(({ addressPart, groups, matched }) => [addressPart, groups, matched.map((each) => each.devices)]),
    ).toEqual([
      ['a0000001', 1, [1]],
      ['a0000002', 1, []],
      ['a0000003', 1, [1]],
    ]);
  });

  it('keeps apart the devices of two addresses whose ids share the first eight digits', () => {
    const [address] = scored(
      [
        ...beacon(12, { groupId: 'a0000001a', RemoteIP: '203.0.113.1', DeviceName: 'wks-1' }),
        ...beacon(12, { groupId: 'a0000001b', RemoteIP: '198.51.100.1', DeviceName: 'wks-2' }),
        ...beacon(12, { groupId: 'a0000001c', RemoteIP: '203.0.113.1', DeviceName: 'wks-3' }),
        ...beacon(12, { groupId: 'a0000001d', RemoteIP: '203.0.113.1', DeviceName: 'wks-4' }),
      ],
      pageRows,
    );
    expect(address?.matched.map(({ group, devices }) => [group.key.RemoteIP, devices])).toEqual([
      ['203.0.113.1', 3],
      ['198.51.100.1', 1],
      ['203.0.113.1', 3],
      ['203.0.113.1', 3],
    ]);
  });

  it('forgets the devices of an address, which another source may have too', () => {
    const addresses = scored(
      [
        ...beacon(12, { groupId: 'a0000001a', DeviceName: 'wks-1' }),
        ...beacon(12, { groupId: 'a0000002a', DeviceName: 'wks-2' }),
      ],
      pageRows,
    );
    expect(addresses.flatMap(({ matched }) => matched.map(({ devices }) => devices))).toEqual([1, 1]);
  });

  it('finishes an address once', () => {
    const scorer = new AddressScorer(KQL_RULE);
    scorer.push(cut(beacon(2, { groupId: 'a1' }), pageRows).groups);
    expect(scorer.finish()).toHaveLength(1);
    expect(scorer.finish()).toEqual([]);
  });

  it('says nothing where there is no group', () => {
    expect(scored([], pageRows)).toEqual([]);
  });
});

describe('addressPartOf(groupId)', () => {
  it('is the first eight digits', () => {
    expect(addressPartOf('0123456789abcdef0123456789abcdef')).toBe('01234567');
  });
});
