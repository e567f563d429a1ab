import { odata } from '@azure/data-tables';
import type { Timestamp } from '../../core/kql/timestamp.ts';
import type { Contribution } from '../../core/records/contribution.ts';
import { isOfWindow } from '../../core/scoring/window.ts';
import type { ContributionRow, HourlyCounts, Partition, Refusal } from '../ports/hourly_counts.ts';
import type { StorageClients } from './clients.ts';
import { goodRows } from './columns.ts';
import {
  CONTRIBUTION_COLUMNS,
  countRowKeyOf,
  decodeContribution,
  decodeContributionRow,
  encodeContribution,
} from './hourly_counts_codec.ts';
import { TABLES } from './names.ts';
import { blamedRow, isRefusal, isTooLarge } from './refusals.ts';
import { codeOf } from './rest_errors.ts';
import { MAX_TRANSACTION_ROWS, Table } from './table.ts';
import { withSubject } from './with_subject.ts';

/** The `HourlyCounts` table. */
export class AzureHourlyCounts implements HourlyCounts {
  readonly #table: Table;

  constructor(clients: StorageClients) {
    this.#table = new Table(clients, TABLES.hourlyCounts);
  }

  async merge(partition: Partition, rows: readonly ContributionRow[]): Promise<readonly Refusal[]> {
    assertBatch(partition, rows);
    return withSubject(`${this.#table.name}: merge of partition ${partition}`, () =>
      this.#table.creating(() => this.#send(rows)),
    );
  }

  async *scan(partition: Partition): AsyncGenerator<readonly Contribution[]> {
    const filter = odata`PartitionKey eq ${partition}`;
    const subject = `scan of partition ${partition}`;
    for await (const page of this.#table.pages(subject, { filter, select: CONTRIBUTION_COLUMNS })) {
      const rows = goodRows(page, decodeContribution);
      if (rows.length > 0) yield rows;
    }
  }

  async *read(groupId: string, after: Timestamp, asOf: Timestamp): AsyncGenerator<readonly ContributionRow[]> {
    const window = { after, asOf };
    // Includes all rows at both ends; `isOfWindow` then decides by source. `}` is the character after `|`.
    const from = `${groupId}|${after}|`;
    const to = `${groupId}|${asOf}}`;
    const filter = odata`PartitionKey eq ${groupId.slice(0, 1)} and RowKey ge ${from} and RowKey lt ${to}`;
    const subject = `read in partition ${groupId.slice(0, 1)}`;
    for await (const page of this.#table.pages(subject, { filter })) {
      const rows = goodRows(page, decodeContributionRow).filter((row) => isOfWindow(row, window));
      if (rows.length > 0) yield rows;
    }
  }

  async remove(partition: Partition, rows: readonly Contribution[]): Promise<void> {
    await this.#table.deleteAll(partition, rows.map(countRowKeyOf));
  }

  /** Returns rows that the service refuses for good; throws transient errors (busy, no network). */
  async #send(rows: readonly ContributionRow[]): Promise<readonly Refusal[]> {
    if (rows.length === 0) return [];
    try {
      // Replace: a row follows from its key, so an existing row is equal.
      await this.#table.transact(rows.map((row) => ['upsert', encodeContribution(row), 'Replace']));
      return [];
    } catch (error) {
      if (!isTooLarge(error) && !isRefusal(error)) throw error;
      const [first] = rows;
      if (first && rows.length === 1) return [{ row: first, code: codeOf(error) ?? 'Refused' }];
      return this.#sendParts(partsOf(rows, error));
    }
  }

  async #sendParts(parts: readonly (readonly ContributionRow[])[]): Promise<readonly Refusal[]> {
    const refusals: Refusal[] = [];
    for (const part of parts) refusals.push(...(await this.#send(part)));
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
  const blamed = blamedRow(error);
  const row = blamed === null ? undefined : rows[blamed];
  return row ? [[row], rows.filter((other) => other !== row)] : rows.map((each) => [each]);
}

/** Throws on errors of the caller, which the service would answer like refused data. */
function assertBatch(partition: Partition, rows: readonly ContributionRow[]): void {
  if (rows.length > MAX_TRANSACTION_ROWS)
    throw new RangeError(`more than ${MAX_TRANSACTION_ROWS} rows: ${rows.length}`);
  const stray = rows.find((row) => !row.groupId.startsWith(partition));
  if (stray) throw new RangeError(`not of partition ${partition}: ${stray.groupId}`);
  if (new Set(rows.map(countRowKeyOf)).size < rows.length) throw new RangeError('the same key more than once');
}
