import { bin, type Hour } from '../../src/core/kql/bin.ts';
import { HOUR_MS } from '../../src/core/kql/timespan.ts';
import { addMs, type Timestamp } from '../../src/core/kql/timestamp.ts';
import type { Contribution } from '../../src/core/records/contribution.ts';
import { type Day, dayOf, hoursOfDay } from '../../src/core/records/day.ts';
import { PARTITIONS } from '../../src/storage/keys.ts';
import type { ContributionRow, HourlyCounts, Partition, Refusal } from '../../src/storage/ports/hourly_counts.ts';

const PAGE_ROWS = 1000;
/** The kinds of groups repeat; there are three rows to a group. */
const ROUND = 1000;
/** Groups of one address: of each eight addresses one is a vendor's, that many talk to. */
const GROUPS_OF_EIGHT = 96;
const VENDORS = 61;
const HOURS = 72;

/**
 * The HourlyCounts of a tenant of any size, made up as they are read: nothing is kept. Of 1,000 groups 900 are seen
 * once, 80 have eight or nine hours, and 20 are there around the clock: five beacons, five just below the line, ten of
 * people, above it and irregular.
 */
export class SyntheticTenant implements HourlyCounts {
  readonly #groups: number;
  readonly #asOf: Timestamp;

  /** `groups`: a multiple of 16; `asOf`: the full hour that the newest rows lie before. */
  constructor(groups: number, asOf: Timestamp) {
    this.#groups = groups;
    this.#asOf = asOf;
  }

  async days(): Promise<readonly Day[]> {
    const hours = Array.from({ length: HOURS }, (_, n) => addMs(this.#asOf, (n - HOURS) * HOUR_MS));
    return [...new Set(hours.map(dayOf))];
  }

  async otherFormats(): Promise<readonly string[]> {
    return [];
  }

  async *hour(partition: Partition, hour: Hour): AsyncGenerator<readonly Contribution[]> {
    yield* pagesOf(this.#ofHour(partition, hour));
  }

  async *day(partition: Partition, day: Day): AsyncGenerator<readonly Contribution[]> {
    for (const hour of hoursOfDay(day)) yield* this.hour(partition, hour);
  }

  async *ofGroup(hour: Hour, groupId: string): AsyncGenerator<readonly ContributionRow[]> {
    const facts = { ActionType: 'ConnectionSuccessAggregatedReport', RemotePort: 443, LocalIP: '10.20.30.40' };
    for (const row of this.#rowsOf(groupId)) if (bin(row.Timestamp, '1h') === hour) yield [{ ...row, facts }];
  }

  async merge(): Promise<readonly Refusal[]> {
    throw new Error('a made-up tenant takes no rows');
  }

  async *touched(): AsyncGenerator<never> {}
  async settle(): Promise<void> {}
  /** It never forgets. */
  async removeDay(): Promise<void> {}

  *#ofHour(partition: Partition, hour: Hour): Generator<Contribution> {
    for (let number = 0; number < this.#groups / PARTITIONS.length; number++) {
      for (const row of this.#rowsOf(groupIdOf(partition, number))) if (bin(row.Timestamp, '1h') === hour) yield row;
    }
  }

  *#rowsOf(groupId: string): Generator<Contribution> {
    const number = Number.parseInt(groupId.slice(8), 16);
    const address = Number.parseInt(groupId.slice(1, 8), 16);
    const counts = countsOf(number);
    for (const [index, count] of counts.entries()) {
      yield {
        groupId,
        source: 'defender',
        DeviceName: `wks-${String(number % 5_003).padStart(4, '0')}.corp.example`,
        InitiatingProcessFileName: `program-${number % 37}.exe`,
        RemoteIP: `203.0.${(address >> 8) & 255}.${address & 255}`,
        Timestamp: addMs(this.#asOf, (index + 0.5 - counts.length) * HOUR_MS),
        contribution: index.toString(16).padStart(16, '0'),
        count,
        failed: false,
        programHash: null,
      };
    }
  }
}

function* pagesOf(rows: Iterable<Contribution>): Generator<readonly Contribution[]> {
  let page: Contribution[] = [];
  for (const row of rows) {
    page.push(row);
    if (page.length < PAGE_ROWS) continue;
    yield page;
    page = [];
  }
  if (page.length > 0) yield page;
}

/** In key order by number: an address in the first eight digits, the group in the others. */
function groupIdOf(partition: Partition, number: number): string {
  const [eight, rest] = [Math.floor(number / GROUPS_OF_EIGHT), number % GROUPS_OF_EIGHT];
  const address = eight * 8 + (rest < VENDORS ? 0 : 1 + Math.floor((rest - VENDORS) / 5));
  return `${partition}${address.toString(16).padStart(7, '0')}${number.toString(16).padStart(24, '0')}`;
}

/** The counts of a group, an hour each, up to the newest. */
function countsOf(number: number): number[] {
  // Spread over the round, so that every partition and page has some of each.
  const kind = (number * 617) % ROUND;
  if (kind < 900) return [1 + (number % 9)];
  if (kind < 980) return series(kind < 960 ? 8 : 9, (hour) => 60 + (hour % 2));
  if (kind < 985) return series(HOURS, (hour) => 60 + ((number + hour) % 3));
  if (kind < 990) return series(HOURS, (hour) => 40 + ((number + hour) % 3));
  return series(HOURS, (hour) => 20 + ((number * 31 + hour * 53) % 211));
}

function series(hours: number, count: (hour: number) => number): number[] {
  return Array.from({ length: hours }, (_, hour) => count(hour));
}
