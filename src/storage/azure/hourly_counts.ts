import { odata, type TransactionAction } from '@azure/data-tables';
import type { Hour } from '../../core/kql/bin.ts';
import type { Contribution } from '../../core/records/contribution.ts';
import { type Day, dayOf } from '../../core/records/day.ts';
import { compareText } from '../../core/text/compare_text.ts';
import { partitionOf } from '../keys.ts';
import type { KeySpan } from '../pending_id.ts';
import type {
  ContributionRow,
  HourlyCounts,
  MergeOptions,
  Partition,
  Refusal,
  Touched,
  TouchedEntry,
} from '../ports/hourly_counts.ts';
import { announcing, assertMerge } from '../touched.ts';
import type { StorageClients } from './clients.ts';
import { goodRows } from './columns.ts';
import {
  CONTRIBUTION_COLUMNS,
  countRowKeyOf,
  DAY_SPAN,
  decodeContribution,
  decodeContributionRow,
  decodeTouched,
  encodeContribution,
  encodeTouched,
  spanOfHour,
  TOUCHED_SPAN,
  touchedKeyOf,
} from './hourly_counts_codec.ts';
import { COUNTS_PREFIX, countsTableOf, dayOfTable, TABLES } from './names.ts';
import { blamedRow, isRefusal, isTooLarge } from './refusals.ts';
import { codeOf, isServiceError } from './rest_errors.ts';
import { Table, within } from './table.ts';
import { withSubject } from './with_subject.ts';

/** The tables of HourlyCounts, one per UTC day. */
export class AzureHourlyCounts implements HourlyCounts {
  readonly #clients: StorageClients;
  readonly #tables = new Map<Day, Table>();

  constructor(clients: StorageClients) {
    this.#clients = clients;
  }

  async merge(
    partition: Partition,
    day: Day,
    rows: readonly ContributionRow[],
    touched: readonly Touched[],
    { mayCreate }: MergeOptions,
  ): Promise<readonly Refusal[] | 'closed'> {
    assertMerge(partition, day, rows, touched);
    // A key that is none throws before anything is sent.
    rows.map(countRowKeyOf);
    touched.map(touchedKeyOf);
    const table = this.#tableOf(day);
    const send = () => sendRows(table, partition, rows, touched);
    return withSubject(`${table.name}: merge of partition ${partition}`, async () => {
      try {
        return await (mayCreate ? table.creating(send) : send());
      } catch (error) {
        if (isGone(error)) return 'closed';
        throw error;
      }
    });
  }

  async days(): Promise<readonly Day[]> {
    const names = await this.#tableNames(COUNTS_PREFIX);
    return names.flatMap((name) => dayOfTable(name) ?? []);
  }

  async otherFormats(): Promise<readonly string[]> {
    const names = await this.#tableNames(TABLES.hourlyCounts);
    return names.filter((name) => dayOfTable(name) === null);
  }

  async *touched(partition: Partition, day: Day): AsyncGenerator<readonly TouchedEntry[]> {
    const filter = within(partition, TOUCHED_SPAN);
    for await (const page of this.#tableOf(day).pages(`touched entries of partition ${partition}`, { filter })) {
      const entries = goodRows(page, (row) => decodeTouched(day, row));
      if (entries.length > 0) yield entries;
    }
  }

  async settle(partition: Partition, day: Day, entries: readonly TouchedEntry[]): Promise<void> {
    const rows = entries.map((entry) => ({ rowKey: touchedKeyOf(entry), version: entry.version }));
    await this.#tableOf(day).deleteUnder(partition, rows);
  }

  hour(partition: Partition, hour: Hour): AsyncGenerator<readonly Contribution[]> {
    return this.#rows(partition, dayOf(hour), spanOfHour(hour));
  }

  day(partition: Partition, day: Day): AsyncGenerator<readonly Contribution[]> {
    return this.#rows(partition, day, DAY_SPAN);
  }

  async *ofGroup(hour: Hour, groupId: string): AsyncGenerator<readonly ContributionRow[]> {
    const day = dayOf(hour);
    const partition = partitionOf(groupId);
    const filter = within(partition, spanOfHour(hour, groupId));
    for await (const page of this.#tableOf(day).pages(`read in partition ${partition}`, { filter })) {
      const rows = goodRows(page, (row) => decodeContributionRow(day, row));
      if (rows.length > 0) yield rows;
    }
  }

  async removeDay(day: Day): Promise<void> {
    await this.#tableOf(day).drop();
    this.#tables.delete(day);
  }

  async *#rows(partition: Partition, day: Day, span: KeySpan): AsyncGenerator<readonly Contribution[]> {
    const query = { filter: within(partition, span), select: CONTRIBUTION_COLUMNS };
    for await (const page of this.#tableOf(day).pages(`scan of partition ${partition}`, query)) {
      const rows = goodRows(page, (row) => decodeContribution(day, row));
      if (rows.length > 0) yield rows;
    }
  }

  /** The names of all tables that begin so, in order. */
  async #tableNames(prefix: string): Promise<string[]> {
    const queryOptions = { filter: odata`TableName ge ${prefix} and TableName lt ${`${prefix}~`}` };
    const names: string[] = [];
    await withSubject(`${TABLES.hourlyCounts}: list of tables`, async () => {
      for await (const { name } of this.#clients.tables.listTables({ queryOptions })) if (name) names.push(name);
    });
    return names.sort(compareText);
  }

  #tableOf(day: Day): Table {
    let table = this.#tables.get(day);
    if (table === undefined) {
      table = new Table(this.#clients, countsTableOf(day));
      this.#tables.set(day, table);
    }
    return table;
  }
}

/** Returns rows that the service refuses for good; throws transient errors (busy, no network). */
async function sendRows(
  table: Table,
  partition: Partition,
  rows: readonly ContributionRow[],
  touched: readonly Touched[],
): Promise<readonly Refusal[]> {
  if (rows.length === 0) return [];
  try {
    // Replace: a row follows from its key, so an existing row is equal.
    const entries = announcing(touched, rows);
    const written: TransactionAction[] = rows.map((row) => ['upsert', encodeContribution(row), 'Replace']);
    const announced: TransactionAction[] = entries.map((each) => ['upsert', encodeTouched(partition, each), 'Replace']);
    await table.transact([...written, ...announced]);
    return [];
  } catch (error) {
    if (!isTooLarge(error) && !isRefusal(error)) throw error;
    const [first] = rows;
    if (first && rows.length === 1) return [{ row: first, code: codeOf(error) ?? 'Refused' }];
    const refusals: Refusal[] = [];
    for (const part of partsOf(rows, error)) refusals.push(...(await sendRows(table, partition, part, touched)));
    return refusals;
  }
}

/**
 * Splits rows that were refused together, to send them again. The row that the service names goes alone, and is a refusal
 * only if it fails alone: with a wrong index a good row would be lost, and the bad one would fail for ever.
 */
function partsOf(rows: readonly ContributionRow[], error: unknown): readonly (readonly ContributionRow[])[] {
  if (isTooLarge(error)) {
    const half = Math.ceil(rows.length / 2);
    return [rows.slice(0, half), rows.slice(half)];
  }
  // The rows come before their entries.
  const blamed = blamedRow(error);
  const row = blamed === null ? undefined : rows[blamed];
  return row ? [[row], rows.filter((other) => other !== row)] : rows.map((each) => [each]);
}

/** The table is missing, or is being deleted, which takes the service up to a minute. */
function isGone(error: unknown): boolean {
  return isServiceError(error, 404, 'TableNotFound') || isServiceError(error, 409, 'TableBeingDeleted');
}
