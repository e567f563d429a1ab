import { odata, type TransactionAction } from '@azure/data-tables';
import { DETECTION_ID, type Detection } from '../../core/detections/detection.ts';
import type { Verdict } from '../../core/detections/verdict.ts';
import { DETECTION_KEYS } from '../pending_id.ts';
import {
  type ActiveList,
  type DetectionRow,
  type DetectionRowFilter,
  type Detections,
  type ListedAddresses,
  MAX_UPDATED,
  type RowPosition,
  type SummaryPage,
  type SummaryRow,
  type UpdatedDetection,
} from '../ports/detections.ts';
import type { Partition } from '../ports/hourly_counts.ts';
import type { OutboxChange } from '../ports/outbox.ts';
import type { Versioned } from '../ports/versioned.ts';
import type { StorageClients } from './clients.ts';
import { goodRows } from './columns.ts';
import {
  decodeActiveList,
  decodeDetection,
  decodeSummary,
  deliveryColumn,
  deliveryColumns,
  encodeDelivery,
  encodeDetection,
  encodeListed,
  encodeVerdict,
} from './detections_codec.ts';
import { LIST_COLUMNS, SUMMARY_COLUMNS } from './detections_columns.ts';
import { TABLES } from './names.ts';
import { encodePending, pendingKeysOf } from './outbox_codec.ts';
import { blamedRow, isRefusal, isTooLarge } from './refusals.ts';
import { statusOf } from './rest_errors.ts';
import { isConflict, Table, within } from './table.ts';
import { withSubject } from './with_subject.ts';

/** The `Detections` table. Each writer merges only its own columns, under the version that it read. */
export class AzureDetections implements Detections {
  readonly #table: Table;

  constructor(clients: StorageClients) {
    this.#table = new Table(clients, TABLES.detections);
  }

  async get(id: string): Promise<Versioned<DetectionRow> | null> {
    const row = DETECTION_ID.test(id) ? await this.#table.get(id.slice(0, 1), id) : null;
    return row && { row: decodeDetection(row), version: row.etag };
  }

  async *scan(partition: Partition): AsyncGenerator<readonly Versioned<DetectionRow>[]> {
    const filter = within(partition, DETECTION_KEYS);
    for await (const page of this.#table.pages(`scan of partition ${partition}`, { filter })) {
      const rows = goodRows(page, (row) => ({ row: decodeDetection(row), version: row.etag }));
      // No page is empty.
      if (rows.length > 0) yield rows;
    }
  }

  async *summaries(filter: DetectionRowFilter, sinks: readonly string[]): AsyncGenerator<readonly SummaryRow[]> {
    const query = { ...queryOf(filter), select: [...SUMMARY_COLUMNS, ...sinks.map(deliveryColumn)] };
    for await (const page of this.#table.pages('list', query)) {
      yield goodRows(page, decodeSummary);
    }
  }

  async summaryPage(
    filter: DetectionRowFilter,
    sinks: readonly string[],
    most: number,
    from: RowPosition | null,
  ): Promise<SummaryPage | null> {
    const query = { ...queryOf(filter), select: [...SUMMARY_COLUMNS, ...sinks.map(deliveryColumn)] };
    const page = await this.#table.page('list', query, most, from === null ? '' : continuationAt(from));
    return page && { rows: goodRows(page.rows, decodeSummary), next: page.next === '' ? null : positionOf(page.next) };
  }

  async *activeLists(): AsyncGenerator<readonly Versioned<ActiveList>[]> {
    const query = { ...queryOf({ state: 'active' }), select: LIST_COLUMNS };
    for await (const page of this.#table.pages('lists', query))
      yield goodRows(page, (row) => ({ row: decodeActiveList(row), version: row.etag }));
  }

  async insert(detection: Detection, changes: readonly OutboxChange[] = []): Promise<string | null> {
    const row = { ...encodeDetection(detection), ...deliveryColumns(changes) };
    if (changes.length === 0) return this.#table.insert(row);
    return this.#change(['create', row], changes);
  }

  async update(detection: Detection, version: string, changes: readonly OutboxChange[] = []): Promise<string | null> {
    const row = { ...encodeDetection(detection), ...deliveryColumns(changes) };
    if (changes.length === 0) return this.#table.update(row, 'Merge', version);
    return this.#change(['update', row, 'Merge', { etag: version }], changes);
  }

  async updateAll(rows: readonly UpdatedDetection[]): Promise<readonly string[]> {
    if (rows.length > MAX_UPDATED) throw new RangeError(`more than ${MAX_UPDATED} detections: ${rows.length}`);
    return withSubject(`${this.#table.name}: write together`, () => this.#updateTogether(rows, MAX_BLAMED));
  }

  /** Skips each row that the service names in an error. After so many of them, the rest is left to single writes. */
  async #updateTogether(rows: readonly UpdatedDetection[], mayBlame: number): Promise<readonly string[]> {
    if (rows.length === 0) return [];
    try {
      const actions = rows.map(({ detection, version }): TransactionAction => {
        return ['update', encodeDetection(detection), 'Merge', { etag: version }];
      });
      await this.#table.transact(actions);
      return [];
    } catch (error) {
      if (isTooLarge(error) && rows.length > 1) {
        const half = Math.ceil(rows.length / 2);
        const first = await this.#updateTogether(rows.slice(0, half), mayBlame);
        return [...first, ...(await this.#updateTogether(rows.slice(half), mayBlame))];
      }
      // 404: a row, or the table, is gone.
      if (!isConflict(error) && !isRefusal(error) && !isTooLarge(error) && statusOf(error) !== 404) throw error;
      const blamed = mayBlame > 0 ? rows[blamedRow(error) ?? rows.length] : undefined;
      if (blamed === undefined) return rows.map(idOf);
      const others = rows.filter((row) => row !== blamed);
      return [idOf(blamed), ...(await this.#updateTogether(others, mayBlame - 1))];
    }
  }

  async mark(id: string, change: OutboxChange, version: string): Promise<string | null> {
    const row = encodeDelivery(id, change.sink, change.delivery);
    return this.#change(['update', row, 'Merge', { etag: version }], [change]);
  }

  async recordVerdict(id: string, verdict: Verdict, version: string): Promise<string | null> {
    return this.#table.update(encodeVerdict(id, verdict), 'Merge', version);
  }

  async listAddresses(id: string, listed: ListedAddresses, version: string): Promise<string | null> {
    return this.#table.update(encodeListed(id, listed), 'Merge', version);
  }

  async remove(rows: readonly { readonly id: string; readonly version: string }[]): Promise<void> {
    for (const [partition, some] of Map.groupBy(rows, ({ id }) => id.slice(0, 1))) {
      const keys = some.map(({ id, version }) => ({ rowKey: id, version }));
      await this.#table.deleteUnder(partition, keys);
    }
  }

  /** The new version of the detection; null where it, or a row that must not be there, is another by now. */
  async #change(action: TransactionAction, changes: readonly OutboxChange[]): Promise<string | null> {
    const removals = changes.flatMap(({ remove }): TransactionAction[] =>
      remove ? [['delete', pendingKeysOf(remove)]] : [],
    );
    const others = [action, ...changes.flatMap(putOf)];
    const written = await this.#table.change('write', [...others, ...removals]);
    if (written !== null || removals.length === 0) return written?.[0] ?? null;
    // A row that is gone already makes the whole fail; where it was the notifier, the version says so.
    return (await this.#table.change('write', others))?.[0] ?? null;
  }
}

/** Rows that `updateAll` skips at most. More of them mean that another scorer writes the same rows at the same time. */
const MAX_BLAMED = 3;

function idOf({ detection }: UpdatedDetection): string {
  return detection.groupId;
}

function putOf({ put, onlyIfMissing = false }: OutboxChange): TransactionAction[] {
  if (put === undefined) return [];
  const row = encodePending(put);
  return [onlyIfMissing ? ['create', row] : ['upsert', row, 'Replace']];
}

function queryOf(wanted: DetectionRowFilter): { filter: string } {
  const { state, device, severity, source, remote, suppressed, verdict, since } = wanted;
  const { from, to } = DETECTION_KEYS;
  const conditions = [
    odata`RowKey ge ${from} and RowKey lt ${to}`,
    state === 'active' ? "State ne 'resolved'" : state === undefined ? '' : odata`State eq ${state}`,
    device === undefined ? '' : odata`DeviceName eq ${device}`,
    severity === undefined ? '' : odata`Severity eq ${severity}`,
    source === undefined ? '' : odata`Source eq ${source}`,
    remote === undefined ? '' : odata`RemoteIP eq ${remote}`,
    suppressed === undefined ? '' : suppressed ? "SuppressedBy ne ''" : "SuppressedBy eq ''",
    verdict === undefined ? '' : odata`VerdictValue eq ${verdict}`,
    since === undefined ? '' : odata`LastMatched ge ${since}`,
  ].filter((condition) => condition !== '');
  return { filter: conditions.join(' and ') };
}

/** The keys of the service's headers `x-ms-continuation-NextPartitionKey` and `-NextRowKey`; the SDK joins them. */
interface Continuation {
  readonly nextPartitionKey: string;
  readonly nextRowKey?: string;
}

function continuationAt({ partition, row }: RowPosition): string {
  const continuation: Continuation = { nextPartitionKey: partition, ...(row !== '' && { nextRowKey: row }) };
  return Buffer.from(JSON.stringify(continuation)).toString('base64');
}

function positionOf(continuation: string): RowPosition {
  const { nextPartitionKey, nextRowKey = '' } = JSON.parse(
    Buffer.from(continuation, 'base64').toString(),
  ) as Continuation;
  return { partition: nextPartitionKey, row: nextRowKey };
}
