import { bin, type Hour } from '../../src/core/kql/bin.ts';
import { HOUR_MS } from '../../src/core/kql/timespan.ts';
import type { Timestamp } from '../../src/core/kql/timestamp.ts';
import type { TableRow } from '../../src/storage/azure/table.ts';
import { PARTITIONS } from '../../src/storage/keys.ts';
import { BROWSERS, OTHER_PROGRAMS } from '../../tools/sample/program.ts';
import { END } from './tenant.ts';

/**
 * The rows of one partition of HourlyCounts as the SDK hands them over, hour by hour, a page of a thousand at a time and each
 * made when it is asked for: a store of any size in the memory of a page. Shape of a real tenant: seven groups in a hundred
 * have 12 hours or more, two in a hundred also a mean above the line; a row a group and hour.
 */
export function* wirePages(partition: string, groups: number): Generator<readonly TableRow[]> {
  for (const hour of WIRE_HOURS) yield* wirePagesOf(partition, groups, hour);
}

/** The rows of one hour. */
export function* wirePagesOf(partition: string, groups: number, of: Hour): Generator<readonly TableRow[]> {
  const hour = WIRE_HOURS.indexOf(of);
  if (hour === -1) return;
  let page: TableRow[] = [];
  for (let number = 0; number < groups; number++) {
    const { first, hours, typical } = groupOf(number);
    if (hour < first || hour >= first + hours) continue;
    page.push(rowOf(partition, number, hour, typical));
    if (page.length < PAGE_ROWS) continue;
    yield page;
    page = [];
  }
  if (page.length > 0) yield page;
}

/** The same rows group by group, as a table has them whose keys begin with the group. */
export function* wirePagesByGroup(partition: string, groups: number): Generator<readonly TableRow[]> {
  let page: TableRow[] = [];
  for (let number = 0; number < groups; number++) {
    const { first, hours, typical } = groupOf(number);
    for (let hour = first; hour < Math.min(HOURS, first + hours); hour++) {
      page.push(rowOf(partition, number, hour, typical));
      if (page.length < PAGE_ROWS) continue;
      yield page;
      page = [];
    }
  }
  if (page.length > 0) yield page;
}

function rowOf(partition: string, number: number, hour: number, typical: number): TableRow {
  // An address has three groups; groups ascend, as keys do.
  const address = Math.floor(number / 3);
  const groupId = `${partition}${hex(address, 7)}${hex(number, 24)}`;
  return {
    partitionKey: partition,
    rowKey: `${HOUR_DIGITS[hour]}|${groupId}|${TIMES[hour]}|00000000000${hex(number % 4096, 5)}`,
    etag: '',
    Source: 'defender',
    DeviceName: `wks-${hex(number % 65_536, 4)}.corp.example`,
    InitiatingProcessFileName: NAMES[number % NAMES.length],
    RemoteIP: `198.18.${(address >> 8) & 255}.${address & 255}`,
    Count: countOf(number, hour, typical),
    ProgramHash: hex(number % NAMES.length, 16),
  };
}

/** Those above the line are even, as programs are; all others are as uneven as people. */
function countOf(number: number, hour: number, typical: number): number {
  if (isEven(number)) return typical + ((number * 31 + hour * 17) % (1 + (typical >> 2)));
  const mixed = Math.imul(Math.imul(number + 1, 0x9e3779b1) ^ Math.imul(hour + 1, 0x85ebca6b), 0xc2b2ae35) >>> 8;
  return 1 + (mixed % (2 * typical));
}

function isEven(number: number): boolean {
  return number % 100 < 2;
}

/** What sixteen partitions of together so many groups hold: what a pass over them has to come to. */
export function tenantOf(groups: number): { readonly rows: number; readonly matching: number } {
  const one = { rows: 0, matching: 0 };
  for (let number = 0; number < Math.ceil(groups / PARTITIONS.length); number++) {
    const { hours, typical } = groupOf(number);
    one.rows += hours;
    // The rule asks for a mean above 45 and, of three days, 12 inliers.
    if (hours === HOURS && typical > 45) one.matching++;
  }
  return { rows: one.rows * PARTITIONS.length, matching: one.matching * PARTITIONS.length };
}

const PAGE_ROWS = 1000;
const HOURS = 72;
const TIMES = Array.from({ length: HOURS }, (_, hour) =>
  new Date(END - (HOURS - hour) * HOUR_MS + 90_000).toISOString().replace('Z', '0000Z'),
);
const HOUR_DIGITS = TIMES.map((time) => time.slice(11, 13));
/** The hours that have rows. */
export const WIRE_HOURS: readonly Hour[] = TIMES.map((time) => bin(time as Timestamp, '1h'));
const NAMES = [...BROWSERS, ...OTHER_PROGRAMS].map(({ fileName }) => fileName);
/** Row `n` of a partition has program `n` modulo this. */
export const PROGRAMS_OF_ROWS = NAMES.length;

function groupOf(number: number): { first: number; hours: number; typical: number } {
  const place = number % 100;
  if (isEven(number)) return { first: 0, hours: HOURS, typical: 60 + (number % 70) };
  if (place < 7) return { first: 0, hours: 12 + (number % 20), typical: 5 + (number % 30) };
  return { first: number % 60, hours: 1 + (place < 30 ? number % 5 : 0), typical: 1 + (number % 60) };
}

function hex(value: number, digits: number): string {
  return value.toString(16).padStart(digits, '0');
}
