import type { Hour } from '../../src/core/kql/bin.ts';
import type { Contribution } from '../../src/core/records/contribution.ts';
import { type Day, dayOf } from '../../src/core/records/day.ts';
import { countRowKeyOf, spanOfHour, touchedKeyOf } from '../../src/storage/azure/hourly_counts_codec.ts';
import { partitionOf } from '../../src/storage/keys.ts';
import type {
  ContributionRow,
  HourlyCounts,
  MergeOptions,
  Partition,
  Refusal,
  Touched,
  TouchedEntry,
} from '../../src/storage/ports/hourly_counts.ts';
import { announcing, assertMerge } from '../../src/storage/touched.ts';
import { pagesOf, throughJson, VersionedRows } from './versioned_rows.ts';

/** UTF-16 code units: the limit of a text property, 64 KiB. */
const MAX_PROPERTY_LENGTH = 32 * 1024;
const FIRST_KEY = '0';
const LAST_KEY = ':';

/** The rows and the entries of one partition and day. */
interface Stored {
  readonly rows: VersionedRows<ContributionRow>;
  readonly touched: VersionedRows<Touched>;
}

export class MemoryHourlyCounts implements HourlyCounts {
  readonly #days = new Map<Day, Map<Partition, Stored>>();

  async merge(
    partition: Partition,
    day: Day,
    rows: readonly ContributionRow[],
    touched: readonly Touched[],
    { mayCreate }: MergeOptions,
  ): Promise<readonly Refusal[] | 'closed'> {
    assertMerge(partition, day, rows, touched);
    // A key that a table would refuse throws before anything is written.
    rows.map(countRowKeyOf);
    touched.map(touchedKeyOf);
    if (rows.length === 0) return [];
    if (!this.#days.has(day)) {
      if (!mayCreate) return 'closed';
      this.#days.set(day, new Map());
    }
    const stored = this.#storedOf(partition, day, true);
    const refused = rows.filter(isTooLong);
    const written = rows.filter((row) => !isTooLong(row));
    for (const row of written) stored.rows.put(countRowKeyOf(row), throughJson(row));
    for (const entry of announcing(touched, written)) stored.touched.put(touchedKeyOf(entry), entry);
    return refused.map((row) => ({ row, code: 'PropertyValueTooLarge' }));
  }

  async days(): Promise<readonly Day[]> {
    return [...this.#days.keys()].sort();
  }

  async otherFormats(): Promise<readonly string[]> {
    return [];
  }

  async *touched(partition: Partition, day: Day): AsyncGenerator<readonly TouchedEntry[]> {
    const entries = this.#storedOf(partition, day).touched.entries();
    yield* pagesOf(entries.map(([, { row, version }]) => ({ ...row, version })));
  }

  async settle(partition: Partition, day: Day, entries: readonly TouchedEntry[]): Promise<void> {
    const { touched } = this.#storedOf(partition, day);
    for (const { version, ...entry } of entries) {
      const key = touchedKeyOf(entry);
      if (touched.version(key) === version) touched.delete(key);
    }
  }

  async *hour(partition: Partition, hour: Hour): AsyncGenerator<readonly Contribution[]> {
    const { from, to } = spanOfHour(hour);
    yield* pagesOf(this.#between(partition, dayOf(hour), from, to).map(withoutFacts));
  }

  async *day(partition: Partition, day: Day): AsyncGenerator<readonly Contribution[]> {
    yield* pagesOf(this.#between(partition, day, FIRST_KEY, LAST_KEY).map(withoutFacts));
  }

  async *ofGroup(hour: Hour, groupId: string): AsyncGenerator<readonly ContributionRow[]> {
    const { from, to } = spanOfHour(hour, groupId);
    yield* pagesOf(this.#between(partitionOf(groupId), dayOf(hour), from, to));
  }

  async removeDay(day: Day): Promise<void> {
    this.#days.delete(day);
  }

  #between(partition: Partition, day: Day, from: string, to: string): ContributionRow[] {
    return this.#storedOf(partition, day)
      .rows.between(from, to)
      .map(([, { row }]) => row);
  }

  #storedOf(partition: Partition, day: Day, isWrite = false): Stored {
    const found = this.#days.get(day)?.get(partition);
    if (found) return found;
    const stored = { rows: new VersionedRows<ContributionRow>(), touched: new VersionedRows<Touched>() };
    if (isWrite) this.#days.get(day)?.set(partition, stored);
    return stored;
  }
}

function withoutFacts({ facts: _facts, ...row }: ContributionRow): Contribution {
  return row;
}

function isTooLong(row: ContributionRow): boolean {
  const texts: unknown[] = [row.DeviceName, row.InitiatingProcessFileName, row.RemoteIP, ...Object.values(row.facts)];
  return texts.some((text) => String(text).length > MAX_PROPERTY_LENGTH);
}
