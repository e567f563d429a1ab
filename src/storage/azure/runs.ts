import { odata } from '@azure/data-tables';
import type { Timestamp } from '../../core/kql/timestamp.ts';
import type { Partition } from '../ports/hourly_counts.ts';
import type { Run, Runs } from '../ports/runs.ts';
import type { StorageClients } from './clients.ts';
import { int32, int64, text, whole, wholeOrNull } from './columns.ts';
import { TABLES } from './names.ts';
import { type NewTableRow, Table, type TableRow } from './table.ts';

const PARTITION = 'runs';

/** The `Runs` table: one partition, in order of asOf. */
export class AzureRuns implements Runs {
  readonly #table: Table;

  constructor(clients: StorageClients) {
    this.#table = new Table(clients, TABLES.runs);
  }

  async put(run: Run): Promise<void> {
    await this.#table.put(encodeRun(run));
  }

  async *since(asOf: Timestamp): AsyncGenerator<Run> {
    const filter = odata`PartitionKey eq ${PARTITION} and RowKey ge ${asOf}`;
    for await (const page of this.#table.pages('list', { filter })) yield* page.map(decodeRun);
  }

  async expire(before: Timestamp): Promise<void> {
    const filter = odata`PartitionKey eq ${PARTITION} and RowKey lt ${before}`;
    for await (const page of this.#table.pages('list', { filter, select: ['rowKey'] })) {
      await this.#table.deleteAll(
        PARTITION,
        page.map((row) => row.rowKey ?? ''),
      );
    }
  }
}

function encodeRun(run: Run): NewTableRow {
  return {
    partitionKey: PARTITION,
    rowKey: `${run.asOf}|${run.partition}`,
    AsOf: run.asOf,
    Partition: run.partition,
    Groups: int32(run.groups),
    Rows: int64(run.rows),
    Detections: int32(run.detections),
    Opened: int32(run.opened),
    Resolved: int32(run.resolved),
    Pending: int32(run.pending),
    ...(run.requests === null ? {} : { Requests: int64(run.requests) }),
    ExpiredRows: int64(run.expiredRows),
    NewestReport: run.newestReport,
    DurationMs: int64(Math.round(run.durationMs)),
    EndedAt: int64(run.endedAt),
    ...(run.oldestUnreadMs === null ? {} : { OldestUnreadMs: int64(Math.round(run.oldestUnreadMs)) }),
  };
}

function decodeRun(row: TableRow): Run {
  return {
    asOf: text(row, 'AsOf') as Timestamp,
    partition: text(row, 'Partition') as Partition,
    groups: whole(row, 'Groups'),
    rows: whole(row, 'Rows'),
    detections: whole(row, 'Detections'),
    opened: whole(row, 'Opened'),
    resolved: whole(row, 'Resolved'),
    pending: whole(row, 'Pending'),
    requests: wholeOrNull(row, 'Requests'),
    expiredRows: whole(row, 'ExpiredRows'),
    newestReport: text(row, 'NewestReport'),
    durationMs: whole(row, 'DurationMs'),
    endedAt: whole(row, 'EndedAt'),
    oldestUnreadMs: wholeOrNull(row, 'OldestUnreadMs'),
  };
}
