import fc from 'fast-check';
import type { Timestamp } from '../../../src/core/kql/timestamp.ts';
import type { Counted } from '../../../src/core/records/contribution.ts';
import { SOURCES } from '../../../src/core/records/report.ts';
import { compareText } from '../../../src/core/text/compare_text.ts';
import { anyText, HOSTILE_NAMES } from '../../contract/samples.ts';

export const DAY = '2026-11-20';

/** As in a table: well-formed. */
const name = fc.oneof(
  fc.constantFrom('updater.exe', 'wks-0417', '203.0.113.77', ''),
  fc.constantFrom(...HOSTILE_NAMES).map((text) => text.toWellFormed()),
  anyText.map((text) => text.toWellFormed()),
);

/** Few groups, so that they have many rows; few seconds, so that they are equal. */
const anyRow = fc.record({
  group: fc.oneof({ weight: 4, arbitrary: fc.nat(6) }, { weight: 1, arbitrary: fc.nat(0xffff) }),
  source: fc.constantFrom(...SOURCES),
  DeviceName: name,
  InitiatingProcessFileName: name,
  RemoteIP: name,
  second: fc.oneof(fc.nat(86_399), fc.constantFrom(0, 1, 3599, 3600, 7200, 86_399)),
  ticks: fc.constantFrom(0, 0, 1, 9_931_000, 9_999_999),
  count: fc.oneof(fc.constant(null), fc.nat(100), fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 })),
  failed: fc.boolean(),
  programHash: fc.constantFrom(null, '0123456789abcdef', 'fedcba9876543210'),
});

/** Rows of partition 3 and `DAY`, in the order of a table. All rows of a group have its names. */
export const anyRows: fc.Arbitrary<readonly Counted[]> = fc.array(anyRow, { maxLength: 60 }).map((specs) => {
  const keys = new Map<number, object>();
  const rows = specs.map(({ group, second, ticks, count, failed, programHash, ...key }) => {
    if (!keys.has(group)) keys.set(group, key);
    const time = new Date(second * 1000).toISOString().slice(11, 19);
    const Timestamp = `${DAY}T${time}.${String(ticks).padStart(7, '0')}Z` as Timestamp;
    const groupId = `3${group.toString(16).padStart(31, '0')}`;
    return { groupId, ...(keys.get(group) as typeof key), Timestamp, count, failed, programHash };
  });
  return sorted(rows);
});

export function sorted<Row extends Pick<Counted, 'groupId' | 'Timestamp'>>(rows: readonly Row[]): Row[] {
  return rows.toSorted((a, b) => compareText(a.groupId, b.groupId) || compareText(a.Timestamp, b.Timestamp));
}

/** What a file keeps of rows in order: times to the second, and of each group the newest program. Slow and obvious. */
export function kept(rows: readonly Counted[]): Counted[] {
  return rows.map((row) => {
    const hashes = rows.filter(({ groupId }) => groupId === row.groupId).map(({ programHash }) => programHash);
    const isExact = row.Timestamp.slice(20, 27) === '0000000';
    const Timestamp = `${row.Timestamp.slice(0, 20)}${isExact ? '0000000' : '0000001'}Z` as Timestamp;
    const second = Math.floor(Date.parse(row.Timestamp) / 1000);
    return { ...row, Timestamp, second, programHash: hashes.findLast((hash) => hash !== null) ?? null };
  });
}

/** In pages of so many rows. */
export async function* inPagesOf<Row>(size: number, rows: readonly Row[]): AsyncGenerator<readonly Row[]> {
  for (let start = 0; start < rows.length; start += size) yield rows.slice(start, start + size);
}
