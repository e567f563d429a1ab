import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { HOUR_MS } from '../../../../src/core/kql/timespan.ts';
import { addMs, msOf, type Timestamp } from '../../../../src/core/kql/timestamp.ts';
import type { Counted } from '../../../../src/core/records/contribution.ts';
import { isRaw, SOURCES } from '../../../../src/core/records/report.ts';
import { regularityOf } from '../../../../src/core/regularity/assessment.ts';
import { deviceHashOf } from '../../../../src/core/regularity/device_hash.ts';
import { TABLE_HOURS } from '../../../../src/core/regularity/hour_bits.ts';
import { type HourTable, SOURCES_OF_DEVICE } from '../../../../src/core/regularity/hour_table.ts';
import { publicAddressOf } from '../../../../src/core/regularity/public_address.ts';
import { rawTimedCountsOf, timedCountsOf } from '../../../../src/core/regularity/timed_count.ts';
import { GroupCutter } from '../../../../src/core/scoring/group_cutter.ts';
import { isOfWindow, windowOf } from '../../../../src/core/scoring/window.ts';
import { pairHashOf } from '../../../../src/scoring/context/pair_hash.ts';
import { RegularityWatch } from '../../../../src/scoring/context/regularity_watch.ts';
import { groupIdOf } from '../../../../src/storage/keys.ts';
import { tries } from '../../../support/effort.ts';
import { pairsOf } from '../../../support/scoring/pair_table.ts';

const T = '2026-11-20T06:00:00.0000000Z' as Timestamp;
const WINDOW = windowOf(T, 3);

/** Groups that are even, uneven, or few reports; around the borders of the window; some addresses are not in scope. */
const stream: fc.Arbitrary<Counted[]> = fc
  .array(
    fc.record({
      source: fc.constantFrom('defender' as const, 'sysmon' as const),
      DeviceName: fc.constantFrom('ws-1', 'ws-2', 'ws-3', 'ws-4', 'ws-5'),
      InitiatingProcessFileName: fc.constantFrom('a.exe', 'b.exe'),
      RemoteIP: fc.constantFrom('198.51.100.1', '198.51.7.7', '10.0.0.1', '2001:db8::1', '224.0.0.1'),
      // Raw events of one hour in two exports are two rows.
      hours: fc.array(fc.tuple(fc.integer({ min: -2, max: 74 }), fc.integer({ min: 0, max: 3599 })), { maxLength: 40 }),
      first: fc.integer({ min: 0, max: 40 }),
      length: fc.constantFrom(0, 3, 9, 72),
      count: fc.constantFrom<number | null>(null, 0, 1, 30),
    }),
    { maxLength: 12 },
  )
  .map((groups) => {
    const rows = groups.flatMap(({ source, DeviceName, InitiatingProcessFileName, RemoteIP, ...traffic }) => {
      const key = { source, DeviceName, InitiatingProcessFileName, RemoteIP };
      const row = (hour: number, second: number, count: number | null): Counted => {
        const at = -hour * HOUR_MS + (isRaw(source) ? 0 : second * 1000);
        return { groupId: groupIdOf(key), ...key, Timestamp: addMs(T, at), count, failed: false, programHash: null };
      };
      const even = Array.from({ length: traffic.length }, (_, n) => row(traffic.first + n, 600, 12));
      return [...even, ...traffic.hours.map(([hour, second], n) => row(hour, second, n % 3 === 0 ? traffic.count : n))];
    });
    return rows.sort((a, b) => (a.groupId + a.Timestamp < b.groupId + b.Timestamp ? -1 : 1));
  });

/** What the watch must find, from all rows at once. */
function slowly(rows: readonly Counted[]) {
  const found = new Map<string, unknown>();
  const users = new Map<number, Set<number>>();
  const regular = new Map<number, Set<number>>();
  const firstHours = new Map<number, number>();
  /** How many groups of a device reported in an hour. */
  const groupsOfHour = new Map<string, number>();
  for (const [id, all] of Map.groupBy(rows, ({ groupId }) => groupId)) {
    const own = all.filter((row) => isOfWindow(row, WINDOW));
    const [first] = own;
    if (first === undefined) continue;
    const place = publicAddressOf(first.RemoteIP);
    const counts = isRaw(first.source) ? rawTimedCountsOf(own) : timedCountsOf(own);
    const assessment = place === null ? null : regularityOf(counts, null);
    const matches = assessment?.measured === true && assessment.way !== null;
    found.set(
      id,
      matches ? { matches, isInScope: true, assessment, place, counts } : { matches, isInScope: place !== null },
    );
    if (place === null || counts.length === 0) continue;
    const pair = pairHashOf(first.InitiatingProcessFileName, place.network);
    const device = deviceHashOf(first.DeviceName);
    const add = (to: Map<number, Set<number>>) => to.set(pair, (to.get(pair) ?? new Set()).add(device));
    add(users);
    if (matches) add(regular);
    const firstHour = Math.min(...counts.map(({ second }) => Math.floor(second / 3600)));
    firstHours.set(pair, Math.min(firstHour, firstHours.get(pair) ?? Number.POSITIVE_INFINITY));
    for (const hour of new Set(counts.map(({ second }) => Math.floor(second / 3600)))) {
      const name = `${device} ${SOURCES.indexOf(first.source)} ${hour}`;
      groupsOfHour.set(name, (groupsOfHour.get(name) ?? 0) + 1);
    }
  }
  return { found, users, regular, firstHours, groupsOfHour };
}

/** By device, source and hour: 1, or 2 for more. */
function groupsOfHourIn(hours: HourTable): Map<string, number> {
  const groups = new Map<string, number>();
  for (const [slot, key] of hours.keys().entries()) {
    for (let hour = hours.firstHour; hour < hours.firstHour + TABLE_HOURS; hour++) {
      const n = hours.groupsAt(slot, hour);
      const name = `${Math.floor(key / SOURCES_OF_DEVICE)} ${key % SOURCES_OF_DEVICE} ${hour}`;
      if (n > 0) groups.set(name, n);
    }
  }
  return groups;
}

describe('RegularityWatch over a stream', () => {
  it('finds what a slow twin finds in all rows at once, of reports and of raw events', () => {
    let matches = 0;
    fc.assert(
      fc.property(stream, (rows) => {
        const watch = new RegularityWatch(WINDOW, null);
        const cutter = new GroupCutter(WINDOW, 'hour', watch);
        const groups = [...cutter.push(rows), ...cutter.finish()];
        const twin = slowly(rows);
        expect(groups.map(({ groupId }) => groupId)).toEqual([...twin.found.keys()]);
        for (const { groupId, beside } of groups) {
          expect(beside).toMatchObject(twin.found.get(groupId) as object);
          if (beside?.matches) matches++;
        }
        const { pairs, hours } = watch.partial();
        expect(new Set(pairsOf(pairs).keys())).toEqual(new Set(twin.users.keys()));
        for (const [pair, facts] of pairsOf(pairs)) {
          const users = twin.users.get(pair) ?? new Set();
          expect(facts.users === null ? null : new Set(facts.users)).toEqual(users.size > 3 ? null : users);
          expect(new Set(facts.regular)).toEqual(twin.regular.get(pair) ?? new Set());
          expect(facts.firstHour).toBe(twin.firstHours.get(pair));
        }
        expect(hours.firstHour).toBe(msOf(T) / HOUR_MS - 72);
        expect(groupsOfHourIn(hours)).toEqual(
          new Map([...twin.groupsOfHour].map(([name, n]) => [name, Math.min(2, n)])),
        );
      }),
      { seed: 20_261_120, numRuns: tries(20, 2_000) },
    );
    expect(matches).toBeGreaterThan(10);
  });
});
